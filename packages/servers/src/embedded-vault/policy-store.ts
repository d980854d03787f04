import type { Barrier } from "./barrier.ts";
import { VaultFailure } from "./failure.ts";
import type { Policy } from "./policy.ts";
import { defaultPolicy, responseWrappingPolicy } from "./policy-defaults.ts";
import { policyRules } from "./policy-text.ts";

const immutable: ReadonlySet<string> = new Set(["root", "response-wrapping", "control-group"]);
/** Not shown in lists. */
const hidden: ReadonlySet<string> = new Set(["response-wrapping", "control-group"]);
const root: Policy = { name: "root", text: "", rules: [] };

/** The policies by name, in lower case. */
export class PolicyStore {
  readonly #barrier: Barrier;
  readonly #policies = new Map<string, Policy>();

  constructor(barrier: Barrier) {
    this.#barrier = barrier;
  }

  async load(): Promise<void> {
    for (const key of await this.#barrier.list("")) {
      const name = decodeURIComponent(key);
      const text = await this.#barrier.get<string>(key);
      if (text !== undefined) this.#policies.set(name, { name, text, rules: policyRules(text) });
    }
  }

  async initialise(): Promise<void> {
    await this.#put("default", defaultPolicy);
    await this.#put("response-wrapping", responseWrappingPolicy);
  }

  list(): string[] {
    return [...this.#policies.keys(), "root"].filter((name) => !hidden.has(name)).sort();
  }

  get(name: string): Policy | undefined {
    return name === "root" ? root : this.#policies.get(name);
  }

  /** Those of the names that exist. */
  async named(names: readonly string[]): Promise<Policy[]> {
    return names.map((name) => this.get(name)).filter((policy) => policy !== undefined);
  }

  /** @throws VaultFailure 400 for a text that is no policy, or a policy that can't be changed */
  async put(name: string, text: string): Promise<void> {
    if (immutable.has(name)) throw new VaultFailure(400, `cannot update "${name}" policy`);
    await this.#put(name, text);
  }

  async delete(name: string): Promise<void> {
    if (immutable.has(name)) throw new VaultFailure(400, `cannot delete "${name}" policy`);
    if (name === "default") throw new VaultFailure(400, "cannot delete default policy");
    this.#policies.delete(name);
    await this.#barrier.delete(encodeURIComponent(name));
  }

  async #put(name: string, text: string): Promise<void> {
    this.#policies.set(name, { name, text, rules: policyRules(text) });
    await this.#barrier.put(encodeURIComponent(name), text);
  }
}
