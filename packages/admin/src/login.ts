import { operatorMount } from "./app-id-store.ts";
import { type AuthName, type AuthSettings, authMethods } from "./auth-method.ts";
import { mount } from "./mounts.ts";

/** Enables the auth method with all that it needs, and lets the service log in by it. */
export async function allowLogin(auth: AuthName, settings: AuthSettings): Promise<void> {
  const { vault, steps, signal } = settings;
  await mount({ vault, under: "sys/auth", type: auth, path: auth, steps, signal });
  if (auth === "app-id") {
    const kv = { type: "kv", path: operatorMount, options: { version: "1" } };
    await mount({ vault, under: "sys/mounts", ...kv, steps, signal });
  }
  await authMethods[auth](settings);
}
