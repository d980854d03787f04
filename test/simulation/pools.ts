import type { Settings } from "./settings.ts";

/** Both pools of a simulated service, by where their accounts come from. */
export const staticPath = "database/static-creds/report";

export function rotatingPath({ engine }: Pick<Settings, "engine">): string {
  return `${engine}/creds/todo`;
}

/** Connections at most. */
export const connectionLimits = { rotating: 6, static: 3 } as const;
export type PoolName = keyof typeof connectionLimits;

/** The account of the static role, which no Vault made. */
export const staticUser = "report";
