import type { Cluster } from "@minicluster/sdk";
import type { Fault } from "./fault.ts";
import { faults } from "./faults.ts";
import { HealthWatch } from "./health-watch.ts";
import { leftBehind } from "./left-behind.ts";
import { Load } from "./load.ts";
import { loadEngines } from "./load-engines.ts";
import type { Incident, Schedule } from "./schedule.ts";
import { seededCrypto } from "./seeded-crypto.ts";
import { seededRandom } from "./seeded-random.ts";
import { World } from "./world.ts";

/** So long after a fault all that it left behind is gone: longer than a generation drains. */
const quietMs = 600_000;

/** What happened in a simulation. */
export interface Report {
  /** Promises that were broken; none, or the libraries have a fault. */
  violations: readonly string[];
  days: number;
  /** Faults, by name. */
  faults: Readonly<Record<string, number>>;
  calls: number;
  failed: number;
  issued: number;
  mostTimers: number;
  mostLeases: number;
}

/** The end of something, or its beginning. */
interface Moment {
  at: number;
  run: () => Promise<void>;
}

/** Plays a schedule against the real libraries, and says which promises were broken. */
export async function simulate(schedule: Schedule): Promise<Report> {
  await loadEngines();
  using _crypto = seededCrypto(seededRandom(schedule.seed + 5));
  const stray: string[] = [];
  const hear = (error: unknown): void => void stray.push(`nobody handled ${String(error)}`);
  const warned = (warning: Error): void => {
    if (/a listener of/.test(warning.message)) stray.push(warning.message);
  };
  process.on("unhandledRejection", hear).on("warning", warned);
  try {
    await using world = await World.open(schedule);
    const report = await new Simulation(world, schedule).run();
    return { ...report, violations: [...report.violations, ...stray] };
  } finally {
    process.off("unhandledRejection", hear).off("warning", warned);
  }
}

class Simulation {
  readonly #world: World;
  readonly #schedule: Schedule;
  readonly #counts: Record<string, number> = {};
  readonly #held = new Set<Fault["holds"]>();
  /** Sorted by time. */
  #moments: Moment[] = [];
  #mostLeases = 0;

  constructor(world: World, schedule: Schedule) {
    this.#world = world;
    this.#schedule = schedule;
  }

  async run(): Promise<Report> {
    const { time, truth, process } = this.#world;
    const { days, seed, incidents } = this.#schedule;
    const { cluster, pools } = await this.#world.join();
    const load = new Load({ world: this.#world, pools, seed });
    const health = new HealthWatch(this.#world, cluster, pools);
    const start = time.monotonic();
    for (const incident of incidents) {
      this.#at(start + incident.at * 1_000, () => this.#begin(incident));
    }
    for (let hour = 1; hour < days * 24; hour += 1) this.#at(start + hour * 3_600_000, () => this.#count());
    await this.#until(start + days * 86_400_000);
    await this.#heal();
    health.close();
    await this.#world.drive(load.close());
    await this.#leave(cluster);
    return {
      violations: truth.violations,
      days,
      faults: this.#counts,
      calls: load.counts.calls,
      failed: load.counts.failed,
      issued: truth.counts.issued,
      mostTimers: process.mostTimers,
      mostLeases: this.#mostLeases,
    };
  }

  #at(at: number, run: () => Promise<void>): void {
    const index = this.#moments.findIndex((moment) => moment.at > at);
    this.#moments.splice(index < 0 ? this.#moments.length : index, 0, { at, run });
  }

  async #until(end: number): Promise<void> {
    const { time } = this.#world;
    for (let next = this.#moments[0]; next && next.at <= end; next = this.#moments[0]) {
      this.#moments.shift();
      await time.until(Math.max(next.at, time.monotonic()));
      await next.run();
    }
    await time.until(end);
  }

  async #begin({ what, length, dice }: Incident): Promise<void> {
    const world = this.#world;
    const fault: Fault = faults[what];
    const { holds, lasts } = fault;
    if (this.#held.has(holds)) return;
    this.#counts[what] = (this.#counts[what] ?? 0) + 1;
    world.truth.handledAt = world.time.monotonic();
    const end = await fault.begin(world, dice);
    this.#noted(holds);
    if (!end) return;
    if (holds !== "nothing") this.#held.add(holds);
    world.truth.faults += 1;
    world.truth.look();
    const [from, to] = lasts;
    // Most are short, some are long.
    const seconds = from * (to / from) ** length;
    this.#at(world.time.monotonic() + seconds * 1_000, async () => {
      await end();
      this.#held.delete(holds);
      world.truth.faults -= 1;
      this.#noted(holds);
    });
  }

  #noted(holds: Fault["holds"]): void {
    const { truth } = this.#world;
    if (holds === "vault" || holds === "way") truth.vaultTroubled();
    truth.look();
  }

  /** Every fault ends, and all becomes well. */
  async #heal(): Promise<void> {
    const { time, truth } = this.#world;
    const last = this.#moments.at(-1)?.at ?? 0;
    await this.#until(Math.max(last, time.monotonic()));
    for (let turn = 0; turn < 100 && truth.calmSince === undefined; turn += 1) {
      await time.until(time.monotonic() + 60_000);
    }
    if (truth.calmSince === undefined) truth.violations.push("it never became well again");
    await time.until(time.monotonic() + 300_000);
  }

  /** What Vault holds for the service. */
  async #count(): Promise<void> {
    const { truth, time, operator, settings } = this.#world;
    if (truth.calmSince === undefined || time.monotonic() - truth.calmSince < quietMs || truth.calls > 0) return;
    const { leases, tokens } = await this.#world.drive(leftBehind({ operator, settings }));
    this.#mostLeases = Math.max(this.#mostLeases, leases);
    const { leasesLost, tokensLost } = truth.counts;
    // One may be on its way out.
    if (leases > 2 + leasesLost + truth.droppedByHand.size) truth.violations.push(`${leases} leases are kept`);
    if (tokens > 2 + tokensLost) truth.violations.push(`${tokens} tokens are kept`);
  }

  async #leave(cluster: Cluster): Promise<void> {
    const { process, truth, mysql, operator, settings } = this.#world;
    truth.handledAt = this.#world.time.monotonic();
    await this.#world.drive(cluster.leave());
    if (process.pending > 0) truth.violations.push(`${process.pending} timers are left`);
    const left = await this.#world.drive(leftBehind({ operator, settings }));
    if (left.tokens > truth.counts.tokensLost) truth.violations.push(`${left.tokens} tokens are left`);
    if (left.leases > truth.droppedByHand.size) truth.violations.push(`${left.leases} leases are left`);
    const accounts = mysql.accounts.names.filter((name) => name !== "root" && name !== "report");
    if (accounts.length > 0) truth.violations.push(`accounts are left: ${accounts.join(", ")}`);
    const sessions = [...mysql.sessions].filter(({ user }) => user !== "root").length;
    if (sessions > 0) truth.violations.push(`${sessions} sessions are left`);
  }
}
