import type { VaultClient } from "@minicluster/vault";
import { invalidOption } from "./error.ts";
import { json, readData } from "./vault-call.ts";

interface Place {
  vault: VaultClient;
  settings: { mount: string; account: string };
  signal: AbortSignal | undefined;
}

/**
 * Before a new connection takes over an account that exists: a new password would cut off any other engine that logs
 * in with it.
 *
 * @throws AdminError `ADMIN_INVALID_OPTION` when another mount of this Vault uses the account, or may
 */
export async function onlyOurs(place: Place): Promise<void> {
  const { vault, settings, signal } = place;
  const mounts = (await readData({ vault, signal, path: "sys/mounts", doing: "listing secrets engines" })) ?? {};
  for (const [path, description] of Object.entries(mounts)) {
    const mount = path.replace(/\/$/, "");
    const type = json(description)?.["type"];
    const used = mount === settings.mount ? false : await uses(place, { mount, type });
    if (!used) continue;
    throw invalidOption(
      `mysql.account: ${settings.account} is the account of the secrets engine ${mount}, which a new password would cut off; name another, such as ${settings.account}2`,
    );
  }
}

async function uses({ vault, settings, signal }: Place, at: { mount: string; type: unknown }): Promise<boolean> {
  const { mount, type } = at;
  const doing = `looking for connections of ${mount}`;
  // The legacy engine doesn't tell its account: having a connection is suspicion enough.
  if (type === "mysql") {
    return (await readData({ vault, signal, path: `${mount}/config/connection`, doing })) !== undefined;
  }
  if (type !== "database") return false;
  const listed = await readData({ vault, signal, path: `${mount}/config`, query: { list: "true" }, doing });
  const names = Array.isArray(listed?.["keys"]) ? listed["keys"].map(String) : [];
  for (const name of names) {
    const data = await readData({ vault, signal, path: `${mount}/config/${name}`, doing });
    if (json(data?.["connection_details"])?.["username"] === settings.account) return true;
  }
  return false;
}
