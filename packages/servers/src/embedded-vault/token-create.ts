import type { ActiveVault } from "./active-vault.ts";
import type { RoutedRequest } from "./backend.ts";
import { authOf } from "./engine-leases.ts";
import { VaultFailure } from "./failure.ts";
import { lifeOf } from "./life.ts";
import type { LogicalAnswer } from "./logical.ts";
import { livesOf } from "./mount-entry.ts";
import { booleanOf, listOf, mapOf, textOf, wholeOf } from "./request-fields.ts";
import type { TokenEntry } from "./token-entry.ts";
import { vaultDurationMs } from "./vault-duration.ts";

/** `auth/token/create` and `create-orphan` (Vault's manual, "/auth/token/create"). @throws VaultFailure 400 */
export async function createToken(vault: ActiveVault, request: RoutedRequest): Promise<LogicalAnswer> {
  const { data, caller } = request;
  const parent = await vault.tokens.own(request.token);
  if (!parent || !caller) throw new VaultFailure(400, "parent token lookup failed: no parent found");
  if (parent.numUses !== 0) throw new VaultFailure(400, "restricted use token cannot generate child tokens");
  const type = textOf(data, "type");
  if (type !== "" && type !== "service") {
    if (type === "batch") throw new VaultFailure(501, "batch tokens are not part of the embedded Vault");
    throw new VaultFailure(400, "invalid 'token_type' value");
  }
  if (textOf(data, "entity_alias") !== "")
    throw new VaultFailure(400, "'entity_alias' is only allowed in combination with token role");
  const { sudo } = caller;
  const orphan = request.below === "create-orphan" || booleanOf(data, "no_parent");
  if (booleanOf(data, "no_parent") && !sudo) {
    throw new VaultFailure(400, "root or sudo privileges required to create orphan token");
  }
  const id = textOf(data, "id");
  checkId(id, sudo);
  if (id !== "" && (await vault.tokens.lookup(id)))
    throw new VaultFailure(400, "cannot create a token with a duplicate ID");
  const numUses = wholeOf(data, "num_uses");
  if (numUses < 0) throw new VaultFailure(400, "number of uses cannot be negative");
  const policies = policiesOf(data, parent, sudo);
  const lives = livesIn(vault, request, policies, parent, sudo);
  const renewable = booleanOf(data, "renewable", true) && lives.ttlMs > 0;
  const token = await vault.tokens.create(
    {
      id: id === "" ? undefined : id,
      parent: orphan ? "" : parent.id,
      policies,
      path: `auth/token/${request.below}`,
      meta: mapOf(data, "meta") ?? mapOf(data, "metadata") ?? null,
      displayName: displayNameOf(textOf(data, "display_name")),
      numUses,
      ttlMs: lives.ttlMs,
      explicitMaxTtlMs: lives.explicitMaxTtlMs,
      periodMs: lives.periodMs,
    },
    { renewable, maxTtlMs: 0, internal: {} },
  );
  return {
    auth: authOf(token, { renewable, ttlMs: lives.ttlMs }),
    warnings: [...lives.warnings, ...warningsOf(vault, id, policies)],
  };
}

function checkId(id: string, sudo: boolean): void {
  if (id === "") return;
  if (!sudo) throw new VaultFailure(400, "root or sudo privileges required to specify token id");
  const [prefix] = /^(hvs|hvb|s|b)\./.exec(id) ?? [];
  if (prefix) throw new VaultFailure(400, `custom token ID cannot have the '${prefix}' prefix`);
  if (id.includes(".")) throw new VaultFailure(400, "custom token ID cannot have a '.' in the value");
}

function displayNameOf(name: string): string {
  const clean = name.replace(/[^a-zA-Z0-9-]+/g, "-").replace(/-$/, "");
  return clean === "" ? "token" : `token-${clean}`;
}

const weakId =
  "Supplying a custom ID for the token uses the weaker SHA1 hashing instead of the more secure SHA2-256 HMAC for token obfuscation. SHA1 hashed tokens on the wire leads to less secure lookups.";

function warningsOf(vault: ActiveVault, id: string, policies: readonly string[]): string[] {
  const unknown = policies.filter((name) => !vault.policies.get(name));
  return [...(id === "" ? [] : [weakId]), ...unknown.map((name) => `Policy "${name}" does not exist`)];
}

/** A text is one name here, whatever commas it has. */
function policiesIn(data: RoutedRequest["data"]): string[] {
  const { policies } = data;
  return typeof policies === "string" ? [policies] : (listOf(data, "policies") ?? []);
}

/** `10s`, `1h30m`; this endpoint says only the time when it can't be read. */
function lifeIn(data: RoutedRequest["data"], name: string): number | undefined {
  return data[name] === undefined || data[name] === null ? undefined : vaultDurationMs(data[name]);
}

/** A child may have what its parent has; `sudo` may give anything. */
function policiesOf(data: RoutedRequest["data"], parent: TokenEntry, sudo: boolean): string[] {
  const asked = policiesIn(data)
    .map((name) => name.toLowerCase().trim())
    .filter(Boolean);
  const without = booleanOf(data, "no_default_policy");
  const wanted = new Set(asked.length > 0 ? asked : parent.policies);
  const root = parent.policies.includes("root");
  if (asked.length > 0 && !sudo) {
    const missing = asked.some((name) => name !== "default" && !parent.policies.includes(name));
    if (missing) throw new VaultFailure(400, "child policies must be subset of parent");
  }
  for (const name of ["response-wrapping", "control-group"]) {
    if (asked.includes(name)) throw new VaultFailure(400, `cannot assign policy "${name}"`);
  }
  if (wanted.has("root")) {
    if (!root) throw new VaultFailure(400, "root tokens may not be created without parent token being root");
    if (asked.length > 1) return ["root"];
    return ["root"];
  }
  if (!without) wanted.add("default");
  else if (asked.length > 0) wanted.delete("default");
  return [...wanted].sort();
}

interface Lives {
  ttlMs: number;
  explicitMaxTtlMs: number;
  periodMs: number;
  warnings: string[];
}

function livesIn(
  vault: ActiveVault,
  { data, path }: RoutedRequest,
  policies: readonly string[],
  parent: TokenEntry,
  sudo: boolean,
): Lives {
  const mount = livesOf(vault.routed(path).entry);
  const ttlMs = lifeIn(data, "ttl") ?? lifeIn(data, "lease") ?? 0;
  const askedMax = lifeIn(data, "explicit_max_ttl") ?? 0;
  const periodMs = lifeIn(data, "period") ?? 0;
  for (const [name, value] of Object.entries({ ttl: ttlMs, explicit_max_ttl: askedMax, period: periodMs })) {
    if (value < 0) throw new VaultFailure(400, name === "ttl" ? "ttl must be positive" : `${name} must be positive`);
  }
  if (periodMs > 0 && !sudo) throw new VaultFailure(400, "root or sudo privileges required to create periodic token");
  const explicitMaxTtlMs = Math.min(askedMax, mount.maxTtlMs);
  if (policies.includes("root") && ttlMs === 0 && periodMs === 0 && askedMax === 0) {
    if (parent.ttlMs > 0) throw new VaultFailure(400, "expiring root tokens cannot create non-expiring root tokens");
    return { ttlMs: 0, explicitMaxTtlMs: 0, periodMs: 0, warnings: [] };
  }
  const nowMs = vault.clock.now();
  const life = lifeOf({ mount, nowMs, issuedMs: nowMs, ttlMs, maxTtlMs: 0, periodMs, explicitMaxTtlMs });
  return { ttlMs: life.ttlMs, explicitMaxTtlMs, periodMs, warnings: life.warnings };
}
