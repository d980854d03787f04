import { type Clock, Deadline } from "@minicluster/core";
import { type Instance, instanceKey } from "./instance.ts";

export type PickPolicy = "round-robin" | "random" | "least-outstanding";

/** An instance that was picked, until it is released. */
export interface Pick {
  readonly instance: Instance;
  /** Any number of calls. `failed` keeps the instance out of the next picks for a few seconds. */
  release(outcome?: { failed?: boolean }): void;
}

/** How long an instance that just failed is passed over, unless nothing else is left. */
const skipMs = 5_000;

/** Chooses among the instances of one service. */
export class Balancer {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #outstanding = new Map<string, number>();
  readonly #skipped = new Map<string, Deadline>();
  #turn = 0;

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
    this.#turn = Math.floor(random() * 1_000_000);
  }

  /**
   * One of `instances`. Those in `avoid` are left out altogether; those that failed just now are the last resort.
   * Undefined when nothing is left.
   */
  pick(
    instances: readonly Instance[],
    options: { policy: PickPolicy; avoid?: ReadonlySet<string> | undefined },
  ): Pick | undefined {
    const { policy, avoid } = options;
    const open = avoid?.size ? instances.filter((instance) => !avoid.has(instanceKey(instance))) : instances;
    const healthy = this.#skipped.size === 0 ? open : open.filter((instance) => !this.#isSkipped(instance));
    const instance = this.#choose(healthy.length > 0 ? healthy : open, policy);
    return instance && this.#take(instance);
  }

  #choose(instances: readonly Instance[], policy: PickPolicy): Instance | undefined {
    if (policy === "random") return instances[Math.floor(this.#random() * instances.length)];
    this.#turn = (this.#turn + 1) % Number.MAX_SAFE_INTEGER;
    const start = instances.length === 0 ? 0 : this.#turn % instances.length;
    if (policy === "round-robin") return instances[start];
    const rotated = [...instances.slice(start), ...instances.slice(0, start)];
    let least: Instance | undefined;
    for (const instance of rotated) {
      if (!least || this.#busy(instance) < this.#busy(least)) least = instance;
    }
    return least;
  }

  #take(instance: Instance): Pick {
    const key = instanceKey(instance);
    this.#outstanding.set(key, this.#busy(instance) + 1);
    let released = false;
    return {
      instance,
      release: ({ failed = false } = {}) => {
        if (released) return;
        released = true;
        const left = this.#busy(instance) - 1;
        if (left > 0) this.#outstanding.set(key, left);
        else this.#outstanding.delete(key);
        if (failed) this.#skip(key);
      },
    };
  }

  #skip(key: string): void {
    for (const [other, until] of this.#skipped) if (until.passed) this.#skipped.delete(other);
    this.#skipped.set(key, new Deadline(this.#clock, skipMs));
  }

  #busy(instance: Instance): number {
    return this.#outstanding.get(instanceKey(instance)) ?? 0;
  }

  #isSkipped(instance: Instance): boolean {
    const key = instanceKey(instance);
    const until = this.#skipped.get(key);
    if (!until) return false;
    if (!until.passed) return true;
    this.#skipped.delete(key);
    return false;
  }
}
