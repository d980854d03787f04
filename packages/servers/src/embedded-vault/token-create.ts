import type { ActiveVault } from "./active-vault.ts";
import type { RoutedRequest } from "./backend.ts";
import { authOf } from "./engine-leases.ts";
import { VaultFailure } from "./failure.ts";
import { lifeOf } from "./life.ts";
import type { LogicalAnswer } from "./logical.ts";
import { livesOf } from "./mount-entry.ts";
import { booleanOf, durationOf, listOf, mapOf, textOf, wholeOf } from "./request-fields.ts";
import type { TokenEntry } from "./token-entry.ts";

/** `auth/token/create` and `create-orphan` (Vault's manual, "/auth/token/create"). @throws VaultFailure 400 */
export async function createToken(vault: ActiveVault, request: RoutedRequest): Promise<LogicalAnswer> {
  const { data, caller } = request;
  const parent = await vault.tokens.lookup(request.token);
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
  return { auth: authOf(token, { renewable, ttlMs: lives.ttlMs }), warnings: lives.warnings };
}

function checkId(id: string, sudo: boolean): void {
  if (id === "") return;
  if (!sudo) throw new VaultFailure(400, "root or sudo privileges required to specify token id");
  if (/^(hvs|hvb|s|b)\./.test(id)) throw new VaultFailure(400, "custom token ID cannot have the 'hvs.' prefix");
  if (id.includes(".")) throw new VaultFailure(400, "custom token ID cannot have a '.' in it");
}

function displayNameOf(name: string): string {
  const clean = name.replace(/[^a-zA-Z0-9-]+/g, "-").replace(/-$/, "");
  return clean === "" ? "token" : `token-${clean}`;
}

/** A child may have what its parent has; `sudo` may give anything. */
function policiesOf(data: RoutedRequest["data"], parent: TokenEntry, sudo: boolean): string[] {
  const asked =
    listOf(data, "policies")
      ?.map((name) => name.toLowerCase().trim())
      .filter(Boolean) ?? [];
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
  const ttlMs = durationOf(data, "ttl") ?? durationOf(data, "lease") ?? 0;
  const askedMax = durationOf(data, "explicit_max_ttl") ?? 0;
  const periodMs = durationOf(data, "period") ?? 0;
  for (const [name, value] of Object.entries({ ttl: ttlMs, explicit_max_ttl: askedMax, period: periodMs })) {
    if (value < 0) throw new VaultFailure(400, name === "ttl" ? "ttl must be positive" : `${name} must be positive`);
  }
  if (periodMs > 0 && !sudo) throw new VaultFailure(400, "root or sudo privileges required to create periodic token");
  const warnings: string[] = [];
  let explicitMaxTtlMs = askedMax;
  if (askedMax > mount.maxTtlMs) {
    explicitMaxTtlMs = mount.maxTtlMs;
    warnings.push(
      `Explicit max TTL of ${askedMax / 1_000} seconds is greater than system/mount allowed value; value is being capped to ${mount.maxTtlMs / 1_000} seconds`,
    );
  }
  if (policies.includes("root") && ttlMs === 0 && periodMs === 0 && askedMax === 0) {
    if (parent.ttlMs > 0) throw new VaultFailure(400, "expiring root tokens cannot create non-expiring root tokens");
    return { ttlMs: 0, explicitMaxTtlMs: 0, periodMs: 0, warnings };
  }
  const nowMs = vault.clock.now();
  const life = lifeOf({ mount, nowMs, issuedMs: nowMs, ttlMs, maxTtlMs: 0, periodMs, explicitMaxTtlMs });
  return { ttlMs: life.ttlMs, explicitMaxTtlMs, periodMs, warnings: [...warnings, ...life.warnings] };
}
