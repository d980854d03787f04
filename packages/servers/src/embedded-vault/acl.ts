import { isDeepStrictEqual } from "node:util";
import type { LogicalRequest } from "./logical.ts";
import type { Capability, Parameters, PathRule, Policy } from "./policy.ts";

interface Rule extends Omit<PathRule, "path" | "isPrefix" | "hasSegmentWildcards"> {
  /** The policies that allow each, for the audit. */
  readonly by: ReadonlyMap<Capability, readonly string[]>;
}

export interface Verdict {
  allowed: boolean;
  /** The rule has `sudo`. */
  sudo: boolean;
  /** The policies that allow it. */
  by: readonly string[];
}

/** What several policies allow together, by the priorities of Vault's manual ("Policies", Priority matching). */
export class Acl {
  readonly #root: boolean;
  readonly #exact = new Map<string, Rule>();
  readonly #prefixes = new Map<string, Rule>();
  readonly #wild = new Map<string, Rule>();

  constructor(policies: readonly Policy[]) {
    this.#root = policies.some(({ name }) => name === "root");
    for (const { name, rules } of policies) for (const rule of rules) this.#add(rule, name);
  }

  allows(request: Pick<LogicalRequest, "operation" | "path" | "data" | "wrapTtlMs">): Verdict {
    if (this.#root) return { allowed: true, sudo: true, by: ["root"] };
    const rule = this.#ruleOf(request.path.replace(/^\/+/, ""), request.operation === "list");
    if (!rule) return { allowed: false, sudo: false, by: [] };
    const sudo = rule.capabilities.has("sudo");
    return {
      allowed: rule.capabilities.has(request.operation) && fits(rule, request),
      sudo,
      by: rule.by.get(request.operation) ?? [],
    };
  }

  /** What `sys/capabilities` says of a path. */
  capabilities(path: string): string[] {
    if (this.#root) return ["root"];
    const rule = this.#ruleOf(path.replace(/^\/+/, ""), true);
    const found: Capability[] = [...(rule?.capabilities ?? [])].sort();
    return found.length === 0 ? ["deny"] : found;
  }

  /** Whether anything at or below a mount is allowed. */
  touches(mount: string): boolean {
    if (this.#root) return true;
    const open = ({ capabilities }: Rule): boolean => capabilities.size > 0 && !capabilities.has("deny");
    for (const [path, rule] of this.#exact) if (path.startsWith(mount) && open(rule)) return true;
    for (const [path, rule] of this.#prefixes) {
      if ((path.startsWith(mount) || mount.startsWith(path)) && open(rule)) return true;
    }
    const segments = mount.split("/").filter(Boolean);
    for (const [path, rule] of this.#wild) {
      const parts = path.replace(/\*$/, "").split("/");
      if (open(rule) && segments.every((segment, at) => parts[at] === "+" || parts[at] === segment)) return true;
    }
    return false;
  }

  #add({ path, isPrefix, hasSegmentWildcards, ...parts }: PathRule, policy: string): void {
    const rule: Rule = { ...parts, by: new Map([...parts.capabilities].map((capability) => [capability, [policy]])) };
    const rules = hasSegmentWildcards ? this.#wild : isPrefix ? this.#prefixes : this.#exact;
    const before = rules.get(path);
    rules.set(path, before ? merged(before, rule) : rule);
  }

  #ruleOf(path: string, listing: boolean): Rule | undefined {
    return (
      this.#exact.get(path) ?? (listing ? this.#exact.get(path.replace(/\/$/, "")) : undefined) ?? this.#looser(path)
    );
  }

  #looser(path: string): Rule | undefined {
    const matches: Match[] = [];
    for (let end = path.length; end >= 0; end -= 1) {
      const prefix = path.slice(0, end);
      const rule = this.#prefixes.get(prefix);
      if (!rule) continue;
      matches.push({ path: prefix, firstWildcard: end, isPrefix: true, wildcards: 0, rule });
      break;
    }
    for (const [pattern, rule] of this.#wild) {
      const match = matchOf(pattern, path, rule);
      if (match) matches.push(match);
    }
    return matches.sort(byPriority).at(-1)?.rule;
  }
}

interface Match {
  path: string;
  firstWildcard: number;
  isPrefix: boolean;
  wildcards: number;
  rule: Rule;
}

function matchOf(pattern: string, path: string, rule: Rule): Match | undefined {
  const isPrefix = pattern.endsWith("*");
  const bare = isPrefix ? pattern.slice(0, -1) : pattern;
  const [wanted, parts] = [bare.split("/"), path.split("/")];
  if (parts.length < wanted.length || (!isPrefix && parts.length !== wanted.length)) return undefined;
  let wildcards = 0;
  for (const [at, want] of wanted.entries()) {
    const part = parts[at] ?? "";
    if (want === "+") wildcards += 1;
    else if (part !== want && !(isPrefix && at === wanted.length - 1 && part.startsWith(want))) return undefined;
  }
  return { path: bare, firstWildcard: pattern.indexOf("+"), isPrefix, wildcards, rule };
}

/** The one that counts comes last. */
function byPriority(one: Match, other: Match): number {
  return (
    one.firstWildcard - other.firstWildcard ||
    Number(other.isPrefix) - Number(one.isPrefix) ||
    other.wildcards - one.wildcards ||
    one.path.length - other.path.length ||
    (one.path < other.path ? -1 : 1)
  );
}

/** Two rules for one path: everything that either allows, unless one denies. */
function merged(one: Rule, other: Rule): Rule {
  if (one.capabilities.has("deny")) return one;
  if (other.capabilities.has("deny")) return { ...other, allowedParameters: new Map(), deniedParameters: new Map() };
  return {
    capabilities: new Set([...one.capabilities, ...other.capabilities]),
    by: both(one.by, other.by),
    minWrappingTtlMs: smaller(one.minWrappingTtlMs, other.minWrappingTtlMs),
    maxWrappingTtlMs: smaller(one.maxWrappingTtlMs, other.maxWrappingTtlMs),
    allowedParameters: together(one.allowedParameters, other.allowedParameters),
    deniedParameters: together(one.deniedParameters, other.deniedParameters),
    requiredParameters: [...new Set([...one.requiredParameters, ...other.requiredParameters])],
  };
}

function both(one: Rule["by"], other: Rule["by"]): Rule["by"] {
  const all = new Map(one);
  for (const [capability, names] of other) all.set(capability, [...(all.get(capability) ?? []), ...names]);
  return all;
}

function smaller(one: number, other: number): number {
  return one === 0 || other === 0 ? one || other : Math.min(one, other);
}

function together(one: Parameters, other: Parameters): Parameters {
  const all = new Map(one);
  for (const [name, values] of other) {
    const before = all.get(name);
    all.set(name, values.length === 0 || before?.length === 0 ? [] : [...values, ...(before ?? [])]);
  }
  return all;
}

function fits(
  rule: Rule,
  { operation, data, wrapTtlMs }: Pick<LogicalRequest, "operation" | "data" | "wrapTtlMs">,
): boolean {
  const { minWrappingTtlMs: min, maxWrappingTtlMs: max, allowedParameters, deniedParameters } = rule;
  if (max > 0 && (wrapTtlMs === 0 || wrapTtlMs > max)) return false;
  if (min > 0 && wrapTtlMs < min) return false;
  if (min > 0 && max > 0 && max < min) return false;
  if (operation === "list" || operation === "delete") return true;
  if (rule.requiredParameters.some((name) => !Object.hasOwn(data, name.toLowerCase()))) return false;
  const given = Object.entries(data).map(([name, value]) => [name.toLowerCase(), value] as const);
  if (given.length === 0) return true;
  if (deniedParameters.has("*")) return false;
  for (const [name, value] of given) {
    const values = deniedParameters.get(name);
    if (values && contains(values, value)) return false;
  }
  if (allowedParameters.size === 0) return true;
  const others = allowedParameters.has("*");
  return given.every(([name, value]) => {
    const values = allowedParameters.get(name);
    return values ? contains(values, value) : others;
  });
}

/** No values: any; a text may begin or end with `*`. */
function contains(values: readonly unknown[], value: unknown): boolean {
  return values.length === 0 || values.some((one) => isGlobbed(one, value) || isDeepStrictEqual(one, value));
}

function isGlobbed(pattern: unknown, value: unknown): boolean {
  if (typeof pattern !== "string" || typeof value !== "string") return false;
  const [starts, ends] = [pattern.startsWith("*"), pattern.endsWith("*")];
  if (starts && ends) return value.includes(pattern.slice(1, -1));
  if (starts) return value.endsWith(pattern.slice(1));
  return ends && value.startsWith(pattern.slice(0, -1));
}
