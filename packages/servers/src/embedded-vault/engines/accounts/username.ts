import { base62, randomText } from "./password.ts";

/** Of whom and what a new account is. */
export interface UsernameOf {
  displayName: string;
  roleName: string;
  nowMs: number;
  random: (bytes: number) => Buffer;
}

/** `v-DISPLAY-ROLE-RANDOM-TIME`, cut to the 32 characters that MySQL takes. */
export function username({ displayName, roleName, nowMs, random }: UsernameOf): string {
  const parts = ["v", displayName.slice(0, 10), roleName.slice(0, 10), randomText(base62, 20, random)];
  return [...parts, Math.trunc(nowMs / 1_000)].join("-").slice(0, 32);
}

/** `v-ROLE-RANDOM`, cut to the 16 characters that old versions take. */
export function shortUsername({ roleName, random }: UsernameOf): string {
  return ["v", roleName.slice(0, 4), randomText(base62, 20, random)].join("-").slice(0, 16);
}
