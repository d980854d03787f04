import { VaultFailure } from "../failure.ts";
import { goValue } from "../go-value.ts";
import { fullPathOf, type MountConfig, type MountTableName } from "../mount-entry.ts";
import type { Mount } from "../mount-table.ts";
import { booleanOf, listOf, mapOf, textOf } from "../request-fields.ts";
import { vaultDurationMs } from "../vault-duration.ts";
import { mountShape, tuneShape } from "./mount-shape.ts";
import type { SysCall, SysHandler, SysRoute } from "./sys-route.ts";

type Data = Readonly<Record<string, unknown>>;

const lasting: ReadonlySet<string> = new Set(["sys/", "cubbyhole/", "identity/", "auth/", "auth/token/"]);

function list(table: MountTableName): SysHandler {
  return async ({ vault }) => {
    const data: Record<string, unknown> = {};
    for (const { entry } of vault.mounts.all(table)) data[entry.path] = mountShape(entry);
    return { data: Object.fromEntries(Object.entries(data).sort()), spread: true };
  };
}

function add(table: MountTableName): SysHandler {
  return async ({ vault, request, parts }) => {
    const { data } = request;
    const path = `${parts[0] ?? ""}/`;
    const type = textOf(data, "type");
    const noun = table === "auth" ? "auth" : "mount";
    if (type === "") throw new VaultFailure(400, "backend type must be specified as a string");
    if (type === "token" || type === "system" || type === "cubbyhole" || type === "identity") {
      throw new VaultFailure(400, `${noun} type of "${type}" is not mountable`);
    }
    const full = table === "auth" ? `auth/${path}` : path;
    if (table === "mounts" && /^(sys|auth|cubbyhole|identity|audit)\//.test(full)) {
      throw new VaultFailure(400, `cannot mount "${full}"`);
    }
    const taken = vault.mounts.conflict(full);
    if (taken) throw new VaultFailure(400, `path is already in use at ${taken.replace(/^auth\//, "")}`);
    await vault.mounts.add({
      table,
      path,
      type,
      description: textOf(data, "description"),
      config: { defaultTtlMs: 0, maxTtlMs: 0, forceNoCache: false, ...configOf(objectOf(data["config"])) },
      options: optionsOf(data, type),
      local: booleanOf(data, "local"),
      sealWrap: booleanOf(data, "seal_wrap"),
    });
    return undefined;
  };
}

function optionsOf(data: Data, type: string): Record<string, string> | null {
  const options = mapOf(data, "options");
  if (type === "kv-v2") return { ...options, version: "2" };
  return options ?? null;
}

function remove(table: MountTableName): SysHandler {
  return async (call) => {
    const { vault } = call;
    const full = fullPath(table, call);
    if (full === "auth/token/") throw new VaultFailure(400, "token credential backend cannot be disabled");
    if (lasting.has(full)) throw new VaultFailure(400, `cannot unmount "${full}"`);
    const mount = vault.mounts.get(full);
    if (!mount) return undefined;
    await vault.grants.revokeUnder(full);
    await vault.mounts.remove(mount);
    return undefined;
  };
}

function readTune(table: MountTableName): SysHandler {
  return async (call) => ({
    data: tuneShape(mustFind(table, call, `cannot fetch sysview for path "${fullPath(table, call)}"`).entry),
    spread: true,
  });
}

function tune(table: MountTableName): SysHandler {
  return async (call) => {
    const mount = mustFind(table, call, `tune of path "${fullPath(table, call)}" failed: no mount entry found`);
    const { data } = call.request;
    const { entry } = mount;
    const config = { ...entry.config, ...configOf(data) };
    if (config.maxTtlMs > 0 && config.defaultTtlMs > config.maxTtlMs) {
      const [max, ttl] = [config.maxTtlMs / 1_000, config.defaultTtlMs / 1_000];
      throw new VaultFailure(
        400,
        `backend max lease TTL of ${max} would be less than backend default lease TTL of ${ttl}`,
      );
    }
    entry.config = config;
    if ("description" in data) entry.description = textOf(data, "description");
    const options = mapOf(data, "options");
    if (options) entry.options = { ...entry.options, ...options };
    await call.vault.mounts.save(entry);
    if (options) await call.vault.mounts.reopen(mount);
    return undefined;
  };
}

/** What of a mount can be set, when it is made and later. */
function configOf(data: Data): Partial<MountConfig> {
  const [defaultTtlMs, maxTtlMs] = [ttlOf(data, "default_lease_ttl"), ttlOf(data, "max_lease_ttl")];
  if (defaultTtlMs && maxTtlMs && defaultTtlMs > maxTtlMs) {
    throw new VaultFailure(400, "given default lease TTL greater than given max lease TTL");
  }
  const visibility = data["listing_visibility"];
  const tokenType = data["token_type"];
  if (tokenType !== undefined && tokenType !== "default-service" && tokenType !== "service" && tokenType !== "") {
    throw new VaultFailure(501, `token_type ${goValue(tokenType)} is not part of the embedded Vault`);
  }
  const config: Record<string, unknown> = {
    defaultTtlMs,
    maxTtlMs,
    forceNoCache: "force_no_cache" in data ? booleanOf(data, "force_no_cache") : undefined,
    auditNonHmacRequestKeys: listOf(data, "audit_non_hmac_request_keys"),
    auditNonHmacResponseKeys: listOf(data, "audit_non_hmac_response_keys"),
    listingVisibility: visibility === undefined ? undefined : goValue(visibility),
    tokenType: tokenType === "" ? undefined : tokenType,
  };
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)) as Partial<MountConfig>;
}

/** "system" and "" mean the system's own. */
function ttlOf(data: Data, name: string): number | undefined {
  const value = data[name];
  if (value === undefined || value === null) return undefined;
  if (value === "system" || value === "") return 0;
  try {
    return vaultDurationMs(value);
  } catch (error) {
    const which = name === "max_lease_ttl" ? "max" : "default";
    throw new VaultFailure(400, `unable to parse ${which} TTL of ${goValue(value)}: ${(error as Error).message}`);
  }
}

function objectOf(value: unknown): Data {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Data) : {};
}

function fullPath(table: MountTableName, { parts }: SysCall): string {
  return fullPathOf({ table, path: `${parts[0] ?? ""}/` });
}

function mustFind(table: MountTableName, call: SysCall, missing: string): Mount {
  const full = fullPath(table, call);
  const mount = call.vault.mounts.get(full);
  if (mount) return mount;
  throw new VaultFailure(400, missing);
}

function one(table: MountTableName): SysHandler {
  return async (call) => {
    const mount = call.vault.mounts.get(fullPath(table, call));
    if (!mount) throw new VaultFailure(400, `No ${table === "auth" ? "auth" : "secret"} engine at ${call.parts[0]}/`);
    return { data: mountShape(mount.entry), spread: true };
  };
}

/** What the command line asks before it reads or writes a KV path. */
const preflight: SysHandler = async ({ vault, request, parts }) => {
  const path = `${parts[0] ?? ""}/`;
  const token = request.token === "" ? undefined : await vault.tokens.lookup(request.token);
  if (!token) throw new VaultFailure(403, "permission denied");
  const mount = vault.mounts.route(path);
  const acl = await vault.aclOf(token);
  if (!mount || !acl.touches(fullPathOf(mount.entry))) {
    throw new VaultFailure(
      403,
      `preflight capability check returned 403, please ensure client's policies grant access to path "${path}"`,
    );
  }
  return { data: { ...mountShape(mount.entry), path: fullPathOf(mount.entry) } };
};

export const mountRoutes: readonly SysRoute[] = (["mounts", "auth"] as const).flatMap((table): SysRoute[] => [
  { path: new RegExp(`^${table}$`), does: { read: list(table) } },
  {
    path: new RegExp(`^${table}/(.+)/tune$`),
    root: table === "auth",
    does: { read: readTune(table), update: tune(table) },
  },
  {
    path: new RegExp(`^${table}/(.+)$`),
    root: table === "auth",
    does: { read: one(table), update: add(table), delete: remove(table) },
  },
]);

export const uiMountRoutes: readonly SysRoute[] = [
  { path: /^internal\/ui\/mounts\/(.+)$/, open: true, does: { read: preflight } },
];
