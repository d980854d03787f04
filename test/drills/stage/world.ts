import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { durationMs, sleep, systemClock } from "@minicluster/core";
import { type DevCluster, type ServiceProcess, startDevCluster } from "@minicluster/devcluster";
import { Cluster, type RotatingPool } from "@minicluster/sdk";
import type { Mariadb, Vault } from "@minicluster/servers";
import { eventually } from "../../e2e/eventually.ts";
import { leftovers } from "../../e2e/leftovers.ts";
import { untilHealthy } from "../../e2e/todo-service.ts";
import { Meter } from "../../load/meter.ts";
import { ConnectionCount } from "./connections.ts";
import type { Drill, DrillEngine, Staged } from "./drill.ts";
import { form } from "./form.ts";
import { Issued, issuingBound, mostInAMinute } from "./issued.ts";
import { Lanes } from "./lanes.ts";
import { Load } from "./load.ts";
import { type Outcome, type Phase, type Way, ways } from "./outcome.ts";
import { here, type Place } from "./place.ts";
import { randomFrom, seed } from "./randomness.ts";
import type { Held } from "./rules.ts";
import { logged } from "./service-log.ts";
import { Timeline } from "./timeline.ts";
import { peer } from "./whose.ts";

const vaultDefaults = { nodes: 2, leaseTtl: "5s", maxTtl: "20s" } as const;

/** A takeover that is shorter than a real one's 35 s, and longer than a lease of 5 s as the real one's is. */
const embeddedTakeover = "8s";

/** How long services may take to be well again. The peer may never be. */
const wellMs = peer ? 10_000 : 90_000;

/** How long until another node leads when the leader was killed or froze. */
export const takeoverMs = 60_000;

/** A whole cluster under load: two todos over HTTP, found by discovery, and a pool in this process. */
export class World {
  readonly cluster: DevCluster;
  /** The last one is what counts; a drill adds the one that MySQL moves to. They are closed with the cluster. */
  readonly mysqls: Mariadb[];
  /** Connections that MySQL took. */
  readonly connections: ConnectionCount;
  /** A drill may end, replace and add instances. */
  readonly todos: ServiceProcess[];
  /** The service whose pool is queried directly. */
  readonly app: Cluster;
  readonly pool: RotatingPool;
  /** Finds todo in Consul and sends it requests. */
  readonly client: Cluster;
  readonly meter: Meter;
  readonly timeline: Timeline;
  /** What `run` found of its own. */
  readonly checks: Held[] = [];
  /** Why the pool in this process got new credentials, each time since the load began. */
  readonly rotations: string[] = [];
  readonly random: () => number;
  readonly #place: Place;
  readonly #directory: string;
  readonly #issued: Issued;
  readonly #maxTtlMs: number;
  readonly #lanes: Lanes;
  readonly #load: Load;
  readonly #epoch: number;
  readonly #more: Record<string, string>;
  #faultAt: number | undefined;
  #madeAt: number | undefined;
  #mendedAt: number | undefined;
  #healthyAt: number | undefined;

  private constructor(parts: WorldParts) {
    this.#place = parts.place;
    this.cluster = parts.cluster;
    this.mysqls = [parts.cluster.mysql];
    this.todos = parts.todos;
    this.app = parts.app;
    this.client = parts.client;
    this.random = parts.random;
    this.#directory = parts.directory;
    this.#more = parts.more;
    this.#issued = parts.issued;
    this.#maxTtlMs = parts.maxTtlMs;
    this.pool = parts.pool;
    this.meter = new Meter();
    this.#epoch = Date.now();
    this.timeline = new Timeline(() => this.meter.now());
    this.connections = new ConnectionCount(() => this.mysql);
    const { cluster, app, mysqls } = this;
    this.#lanes = new Lanes({ cluster, app, mysqls, todos: () => this.todos }, this.timeline);
    this.#load = new Load({ pool: this.pool, todo: this.client.service("todo"), meter: this.meter });
    app.events.on("credentials.rotated", ({ reason }) => {
      this.rotations.push(reason);
      this.timeline.mark("cluster", `pool rotated (${reason})`);
    });
    app.events.on("vault.token", ({ reason }) => this.timeline.mark("cluster", `pool logged in (${reason})`));
  }

  static async start(drill: Staged, engine: DrillEngine): Promise<World> {
    console.log(`${drill.name}: seed ${seed}, ${form.name} form, ${engine} servers`);
    const random = randomFrom(seed);
    const directory = await mkdtemp(join(tmpdir(), "minicluster-drill-"));
    const vault = { ...vaultDefaults, ...drill.vault };
    const place = (await drill.place?.()) ?? here;
    const cluster = await startDevCluster({
      engine,
      vault: engine === "embedded" ? { takeover: embeddedTakeover, ...vault } : { version: "1.11.0", ...vault },
      ...(drill.mysql ? { mysql: { settings: drill.mysql } } : {}),
    });
    try {
      const more = (await drill.prepare?.(cluster)) ?? {};
      const issued = await Issued.watch(cluster, join(directory, "audit.log"));
      const todos = await Promise.all([place.startTodo(cluster, more), place.startTodo(cluster, more)]);
      const env = { ...cluster.env("todo"), ...more };
      const app = await place.join({ random, ...drill.join, env });
      const credentials = env["MYSQL_CREDENTIALS"] ?? "";
      const pool = app.mysql({ credentials, database: "todo", ...drill.pool });
      const { clock } = drill.join ?? {};
      const client = await Cluster.join({
        env: { CONSUL_HTTP_ADDR: env["CONSUL_HTTP_ADDR"] },
        random,
        ...(clock && { clock }),
      });
      await Promise.all([app.ready({ timeout: "20s" }), ...todos.map((todo) => untilHealthy(todo))]);
      await eventually("both todos passing in Consul", 20_000, async () => {
        const found = await client.service("todo").resolve();
        return found.length === todos.length || undefined;
      });
      const maxTtlMs = durationMs(vault.maxTtl, "maxTtl");
      return new World({ place, cluster, todos, app, pool, client, random, directory, more, issued, maxTtlMs });
    } catch (error) {
      await place.close();
      await cluster.close();
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** Where MySQL is by now. */
  get mysql(): Mariadb {
    return this.mysqls.at(-1) ?? this.cluster.mysql;
  }

  /** Load without a failure. */
  async before(): Promise<void> {
    await sleep(systemClock, form.beforeMs);
  }

  /** Makes the failure. What is measured from now on, until every service is well again, is "during". */
  async fault(what: string, make?: () => Promise<unknown>): Promise<void> {
    this.#faultAt ??= this.meter.now();
    this.timeline.mark("fault", what);
    await make?.();
    this.#madeAt ??= this.meter.now();
  }

  /** The cause of the failure is over. */
  async mended(what: string, mend?: () => Promise<unknown>): Promise<void> {
    await mend?.();
    this.timeline.mark("fault", what);
    this.#mendedAt = this.meter.now();
  }

  /** Waits for something that the drill needs. @throws when it does not happen */
  until<T>(what: string, withinMs: number, ask: () => Promise<T | undefined>): Promise<T> {
    return eventually(what, withinMs, ask);
  }

  /** Waits; load goes on. */
  wait(ms: number): Promise<void> {
    return sleep(systemClock, ms);
  }

  /** Waits until every service is well. @throws when that takes longer than it may */
  async well(): Promise<void> {
    await eventually("every service passing", wellMs, async () => this.#lanes.healthy || undefined);
  }

  /** One more thing that must hold. */
  check(what: string, ok: boolean, figure: unknown): void {
    this.checks.push({ what, ok, figure: String(figure) });
  }

  /** The node of Vault that leads. */
  active(): Promise<Vault> {
    return eventually("an active Vault", takeoverMs, () => this.cluster.vault.active());
  }

  /** Waits for another leader than this one. */
  takenOver(from: Vault): Promise<Vault> {
    return eventually("another Vault active", takeoverMs, async () => {
      const active = await this.cluster.vault.active();
      return active === from ? undefined : active;
    });
  }

  /** One more instance of todo. */
  async addTodo(): Promise<ServiceProcess> {
    const todo = await this.#place.startTodo(this.cluster, this.#more);
    this.todos.push(todo);
    return todo;
  }

  /** Waits until every service is well, and measures on for a while. */
  async after(): Promise<void> {
    this.#mendedAt ??= this.meter.now();
    await this.well();
    this.#healthyAt = this.meter.now();
    this.timeline.mark("cluster", "every service is well");
    await sleep(systemClock, form.afterMs);
  }

  /** Ends the load, lets every service leave, and tells what came of it. The cluster is closed whatever happens. */
  async end(afterwards?: Drill["afterwards"]): Promise<Outcome> {
    try {
      const endedAt = this.meter.now();
      await this.#load.end();
      await Promise.all([this.connections.end(), this.#lanes.end()]);
      const twice = await this.#twice();
      await Promise.all([this.app.leave(), this.client.leave(), ...this.todos.map((todo) => todo.stop())]);
      const logs = this.todos.map(({ name, log }) => ({ name, log }));
      for (const { name, log } of logs) this.timeline.marks.push(...logged(name, log, this.#epoch));
      const left = await this.#left();
      await afterwards?.(this, left);
      const moments = (await this.#issued.moments()).filter((moment) => moment >= this.#epoch);
      const pools = logs.length + 1;
      return {
        seed,
        faultAt: this.#faultAt ?? 0,
        madeAt: this.#madeAt ?? this.#faultAt ?? 0,
        mendedAt: this.#mendedAt,
        healthyAt: this.#healthyAt,
        endedAt,
        load: { http: this.#summaries("http"), mysql: this.#summaries("mysql") },
        failures: this.meter.failures,
        issued: {
          total: moments.length,
          mostInAMinute: mostInAMinute(moments),
          bound: pools * issuingBound(this.#maxTtlMs),
        },
        connections: { opened: this.connections.opened, mostInASecond: this.connections.mostInASecond },
        left,
        twice,
        marks: this.timeline.marks.sort((a, b) => a.at - b.at),
        states: this.timeline.states,
        samples: this.meter.samples,
        logs,
      };
    } finally {
      await this.#place.close();
      await this.cluster.close();
      await Promise.all(this.mysqls.map((mysql) => mysql.close()));
      await rm(this.#directory, { recursive: true, force: true });
    }
  }

  #summaries(way: Way): Record<Phase | "all", ReturnType<Meter["summary"]>> {
    const faultAt = this.#faultAt ?? 0;
    const healthyAt = this.#healthyAt ?? Number.POSITIVE_INFINITY;
    const between = (from: number, to: number) => this.meter.summary(from, to, ways[way]);
    return {
      before: between(0, faultAt),
      during: between(faultAt, healthyAt),
      after: between(healthyAt, Number.POSITIVE_INFINITY),
      all: between(0, Number.POSITIVE_INFINITY),
    };
  }

  /** Todos of the load that are stored more than once: each was sent with content of its own. */
  async #twice(): Promise<string[]> {
    const rows = await this.mysql.admin(
      "SELECT content FROM todo.todo WHERE content LIKE 'load %' GROUP BY content HAVING COUNT(*) > 1",
    );
    return rows.map(({ content }) => String(content));
  }

  /** Revoking may still be under way in Vault when a service has left. */
  async #left(): Promise<Outcome["left"]> {
    const parts = { mysql: this.mysql, vault: this.cluster.vault };
    const nothing = async () => {
      const { accounts, leases } = await leftovers(parts);
      return accounts.length + leases.length === 0 || undefined;
    };
    await eventually("nothing left", 10_000, nothing).catch(() => {});
    return leftovers(parts);
  }
}

interface WorldParts {
  place: Place;
  cluster: DevCluster;
  todos: ServiceProcess[];
  app: Cluster;
  pool: RotatingPool;
  client: Cluster;
  random: () => number;
  directory: string;
  more: Record<string, string>;
  issued: Issued;
  maxTtlMs: number;
}
