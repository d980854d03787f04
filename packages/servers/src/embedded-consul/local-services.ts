import type { Clock } from "@minicluster/core";
import type { CatalogCheck, CatalogService } from "./catalog-entry.ts";
import { CheckRunner } from "./check-runner.ts";
import type { CheckSpec } from "./check-spec.ts";
import type { Verdict } from "./probe.ts";
import { Topics } from "./topics.ts";

type Fresh<T> = Omit<T, "CreateIndex" | "ModifyIndex">;

export interface LocalCheck {
  check: Fresh<CatalogCheck>;
  /** Undefined for a maintenance check, which just is. */
  spec: CheckSpec | undefined;
  runner: CheckRunner | undefined;
  /** Monotonic time since when it was found critical: not because it is so at first. */
  criticalSinceMs: number | undefined;
  /** What a TTL check comes up with after a restart, until wall time `untilMs`. */
  told: { verdict: Verdict; untilMs: number } | undefined;
  /** Calls off the sync of a changed output. */
  cancelDeferred: (() => void) | undefined;
}

export interface LocalServicesOptions {
  clock: Clock;
  passed: () => Promise<void>;
  /** Something is to be synced. */
  changed: () => void;
}

/** An output that changes without the status is synced after half of this, plus up to all of it. */
const outputDelayMs = 300_000;

/** What is registered with one agent: its own truth, which {@link changes} are carried from into the catalog. */
export class LocalServices {
  readonly services: Map<string, Fresh<CatalogService>> = new Map();
  readonly checks: Map<string, LocalCheck> = new Map();
  /** Woken when a service or one of its checks changes: the topic is the service's id. */
  readonly topics: Topics = new Topics();
  /** Ids of what is to be written to the catalog, or taken from it. */
  readonly changes: { services: Set<string>; checks: Set<string> } = { services: new Set(), checks: new Set() };
  readonly #options: LocalServicesOptions;
  readonly #checksOf = new Map<string, Set<string>>();
  #running = false;

  constructor(options: LocalServicesOptions) {
    this.#options = options;
  }

  /** The checks of a service; "" for those of the node. */
  checksOf(serviceId: string): LocalCheck[] {
    return [...(this.#checksOf.get(serviceId) ?? [])].map((id) => this.checks.get(id) as LocalCheck);
  }

  setService(service: Fresh<CatalogService>): void {
    this.services.set(service.ID, service);
    this.changes.services.add(service.ID);
    this.topics.wake(service.ID);
  }

  /** In place of one with the same id, whose status and output it takes over. */
  setCheck(check: Fresh<CatalogCheck>, spec: CheckSpec | undefined): void {
    const before = this.checks.get(check.CheckID);
    if (before) this.#drop(before);
    const { Status, Output } = before?.check ?? check;
    const local: LocalCheck = {
      check: { ...check, Status, Output },
      spec,
      runner: undefined,
      criticalSinceMs: undefined,
      told: before?.told,
      cancelDeferred: undefined,
    };
    this.checks.set(check.CheckID, local);
    this.#checksOf.set(check.ServiceID, (this.#checksOf.get(check.ServiceID) ?? new Set()).add(check.CheckID));
    this.changes.checks.add(check.CheckID);
    this.topics.wake(check.ServiceID);
    if (this.#running) this.#run(local);
  }

  removeService(id: string): void {
    if (!this.services.delete(id)) return;
    this.changes.services.add(id);
    for (const { check } of this.checksOf(id)) this.removeCheck(check.CheckID);
    this.topics.wake(id);
  }

  removeCheck(id: string): void {
    const local = this.checks.get(id);
    if (!local) return;
    this.#drop(local);
    this.checks.delete(id);
    this.changes.checks.add(id);
    this.topics.wake(local.check.ServiceID);
  }

  /** A TTL check is told how it is; undefined when there is none with this id. */
  report(id: string, status: "passing" | "warning" | "critical", output: string): boolean {
    const local = this.checks.get(id);
    if (!local?.runner || local.spec?.type !== "ttl") return false;
    const kept = local.runner.report(status, output);
    local.told = { verdict: { status, output: kept }, untilMs: this.#options.clock.now() + local.spec.ttlNs / 1e6 };
    return true;
  }

  /** Until the service or one of its checks changes, or `waitMs` are over. Never rejects. */
  changeOf(serviceId: string, waitMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        off();
        cancel();
        signal.removeEventListener("abort", end);
        resolve();
      };
      const off = this.topics.watch([serviceId], end);
      const cancel = this.#options.clock.after(waitMs, end);
      signal.addEventListener("abort", end, { once: true });
    });
  }

  /** The agent begins to run: checks are critical until they are known to be otherwise. */
  start(): void {
    this.#running = true;
    for (const local of this.checks.values()) {
      const told = local.told && local.told.untilMs > this.#options.clock.now() ? local.told.verdict : undefined;
      const { status: Status, output: Output } = told ?? { status: "critical", output: "" };
      local.check = { ...local.check, Status, Output };
      local.criticalSinceMs = undefined;
      this.#run(local);
    }
  }

  /** The agent ends; what is registered stays, as in its data directory. */
  stop(): void {
    this.#running = false;
    for (const local of this.checks.values()) this.#halt(local);
  }

  /** Takes away the services that were critical for as long as they may be. */
  reap(): void {
    const now = this.#options.clock.monotonic();
    for (const { check, spec, criticalSinceMs } of [...this.checks.values()]) {
      const afterNs = spec?.deregisterAfterNs ?? 0;
      if (afterNs === 0 || criticalSinceMs === undefined || check.ServiceID === "") continue;
      if (now - criticalSinceMs <= afterNs / 1e6) continue;
      this.removeService(check.ServiceID);
      this.#options.changed();
    }
  }

  #run(local: LocalCheck): void {
    const { clock, passed } = this.#options;
    if (!local.spec) return;
    const runner = new CheckRunner({
      spec: local.spec,
      clock,
      passed,
      // What a check that was under way finds out once it was stopped is nobody's any more.
      tell: (verdict) => local.runner === runner && this.#tell(local, verdict),
    });
    local.runner = runner;
    runner.start();
  }

  #tell(local: LocalCheck, { status, output }: Verdict): void {
    const { clock, changed } = this.#options;
    if (status !== "critical") local.criticalSinceMs = undefined;
    else local.criticalSinceMs ??= clock.monotonic();
    const { check } = local;
    if (check.Status === status && check.Output === output) return;
    local.check = { ...check, Status: status, Output: output };
    this.topics.wake(check.ServiceID);
    const sync = (): void => {
      local.cancelDeferred?.();
      local.cancelDeferred = undefined;
      this.changes.checks.add(check.CheckID);
      changed();
    };
    if (check.Status !== status) sync();
    else local.cancelDeferred ??= clock.after(outputDelayMs / 2 + Math.random() * outputDelayMs, sync);
  }

  #drop(local: LocalCheck): void {
    this.#halt(local);
    const ids = this.#checksOf.get(local.check.ServiceID);
    if (ids?.delete(local.check.CheckID) && ids.size === 0) this.#checksOf.delete(local.check.ServiceID);
  }

  #halt(local: LocalCheck): void {
    local.runner?.stop();
    local.runner = undefined;
    local.cancelDeferred?.();
    local.cancelDeferred = undefined;
  }
}
