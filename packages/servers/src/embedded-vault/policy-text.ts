import { VaultFailure } from "./failure.ts";
import { goValue } from "./go-value.ts";
import { type HclObject, type HclValue, parseHcl } from "./hcl.ts";
import { type Capability, capabilities, type Parameters, type PathRule } from "./policy.ts";
import { vaultDurationMs } from "./vault-duration.ts";

/** `policy = "write"` of the first Vaults. */
const oldPolicies: Readonly<Record<string, readonly Capability[]>> = {
  deny: ["deny"],
  read: ["read", "list"],
  write: ["create", "read", "update", "delete", "list"],
  sudo: ["create", "read", "update", "delete", "list", "sudo"],
};

const known = new Set([
  "comment",
  "policy",
  "capabilities",
  "allowed_parameters",
  "denied_parameters",
  "required_parameters",
  "min_wrapping_ttl",
  "max_wrapping_ttl",
]);

/** Parts of Vault's Enterprise edition. */
const absent = new Set(["mfa_methods", "control_group"]);

/**
 * The rules of a policy, written in HCL or JSON. Paths with a template (`{{identity…}}`) give no rule, since there are no
 * entities here whose names could stand there.
 *
 * @throws VaultFailure 400 that says where and what
 */
export function policyRules(text: string): PathRule[] {
  try {
    return parseHcl(text).items.flatMap(({ keys, value, line }) => {
      const [key, ...labels] = keys;
      if (key === "name") return [];
      if (key !== "path") throw new SyntaxError(`invalid key "${key}" on line ${line}`);
      return stanzas(labels, value).filter(({ path }) => !path.includes("{{"));
    });
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof VaultFailure) {
      throw new VaultFailure(400, `failed to parse policy: ${error.message}`);
    }
    throw error;
  }
}

/** `path "a" { … }`, or JSON's `"path": { "a": { … } }` with lists of such objects in between. */
function stanzas(labels: readonly string[], value: HclValue): PathRule[] {
  if (Array.isArray(value)) return value.flatMap((one) => stanzas(labels, one));
  if (!isObject(value)) throw new SyntaxError(`path ${JSON.stringify(labels[0] ?? "")}: expected an object`);
  if (labels.length > 1) throw new SyntaxError(`path ${JSON.stringify(labels[0])}: expected one label`);
  const [path] = labels;
  if (path !== undefined) return [rule(path, value)];
  return value.items.flatMap(({ keys, value: inner }) => stanzas(keys, inner));
}

function rule(key: string, { items }: HclObject): PathRule {
  const named = (says: string): SyntaxError => new SyntaxError(`path ${JSON.stringify(key)}: ${says}`);
  const settings = new Map<string, HclValue>();
  for (const { keys, value, line } of items) {
    const [name = ""] = keys;
    if (absent.has(name)) throw named(`${name} is not part of the embedded Vault`);
    if (!known.has(name)) throw named(`invalid key "${name}" on line ${line}`);
    settings.set(name, keys.length > 1 ? { items: [{ keys: keys.slice(1), value, line }] } : value);
  }
  const path = key.replace(/^\//, "");
  if (path.includes("+*")) throw named("invalid use of wildcards ('+*' is forbidden)");
  const hasSegmentWildcards = path === "+" || path.includes("/+") || path.startsWith("+/");
  const isPrefix = path.endsWith("*") && !hasSegmentWildcards;
  const [min, max] = [ttl(settings, "min_wrapping_ttl"), ttl(settings, "max_wrapping_ttl")];
  if (min > 0 && max > 0 && max < min) throw new SyntaxError("max_wrapping_ttl cannot be less than min_wrapping_ttl");
  return {
    path: isPrefix ? path.slice(0, -1) : path,
    isPrefix,
    hasSegmentWildcards,
    capabilities: capabilitiesOf(settings, named),
    allowedParameters: parameters(settings.get("allowed_parameters"), named),
    deniedParameters: parameters(settings.get("denied_parameters"), named),
    requiredParameters: texts(settings.get("required_parameters"), named),
    minWrappingTtlMs: min,
    maxWrappingTtlMs: max,
  };
}

type Named = (says: string) => SyntaxError;

function capabilitiesOf(settings: ReadonlyMap<string, HclValue>, named: Named): Set<Capability> {
  const old = settings.get("policy");
  const listed: string[] = [];
  if (old !== undefined && old !== "") {
    const meant = Object.hasOwn(oldPolicies, goValue(old)) ? oldPolicies[goValue(old)] : undefined;
    if (!meant) throw named(`invalid policy "${goValue(old)}"`);
    listed.push(...meant);
  }
  listed.push(...texts(settings.get("capabilities"), named));
  const found = new Set<Capability>();
  for (const one of listed) {
    const capability = capabilities.find((name) => name === one);
    if (!capability) throw named(`invalid capability "${one}"`);
    if (capability === "deny") return new Set(["deny"]);
    found.add(capability);
  }
  return found;
}

function ttl(settings: ReadonlyMap<string, HclValue>, name: string): number {
  const value = settings.get(name);
  if (value === undefined) return 0;
  try {
    return vaultDurationMs(value);
  } catch (error) {
    throw new SyntaxError(`error parsing ${name}: ${(error as Error).message}`);
  }
}

function texts(value: HclValue | undefined, named: Named): string[] {
  if (value === undefined) return [];
  const all = Array.isArray(value) ? value : [value];
  return all.map((one) => {
    if (typeof one === "string") return one;
    throw named("expected a list of strings");
  });
}

function parameters(value: HclValue | undefined, named: Named): Parameters {
  const found = new Map<string, readonly unknown[]>();
  if (value === undefined) return found;
  for (const object of Array.isArray(value) ? value : [value]) {
    if (!isObject(object)) throw named("expected an object of parameters");
    for (const { keys, value: listed } of object.items) {
      if (!Array.isArray(listed)) throw named("expected a list of values for each parameter");
      found.set((keys[0] ?? "").toLowerCase(), listed.map(plain));
    }
  }
  return found;
}

/** An object of HCL as a plain one, to be compared with a request's. */
function plain(value: HclValue): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  return Object.fromEntries(value.items.map(({ keys, value: inner }) => [keys[0] ?? "", plain(inner)]));
}

function isObject(value: HclValue): value is HclObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
