import { sleep } from "@minicluster/core";
import type { RotatingPool } from "@minicluster/sdk";
import { Cluster } from "@minicluster/sdk";
import { type EmbeddedVault, embeddedVaultStorage, startEmbeddedVault } from "@minicluster/servers";
import { configureVault, login, rootPassword, vaultsPort } from "./configure-vault.ts";
import type { Moment } from "./granted-life.ts";
import { Operator } from "./operator.ts";
import { connectionLimits, type PoolName, rotatingPath, staticPath, staticUser } from "./pools.ts";
import { seededRandom } from "./seeded-random.ts";
import type { Settings } from "./settings.ts";
import { SimulatedCatalog } from "./simulated-catalog.ts";
import { simulatedDriver } from "./simulated-driver.ts";
import { SimulatedMysql } from "./simulated-mysql.ts";
import { SimulatedProcess } from "./simulated-process.ts";
import { SimulatedTime } from "./simulated-time.ts";
import { SlackClock } from "./slack-clock.ts";
import { Truth } from "./truth.ts";
import { VaultTransport } from "./vault-transport.ts";

/** Where MySQL is at first, for the service. */
const firstPort = 3307;

/** Nothing takes longer: a Vault gives a request up after 90 s, a caller holds a connection for three minutes. */
const longestDriveMs = 900_000;

/** A cluster in memory, and the service that lives in it: two Vaults, a MySQL, a catalog, an operator, and a process. */
export class World implements AsyncDisposable {
  readonly settings: Settings;
  readonly random: () => number;
  readonly time: SimulatedTime;
  /** What timers of the service and of Vault go by; what is under way on the network is always exact. */
  readonly slack: SlackClock;
  readonly process: SimulatedProcess;
  readonly mysql: SimulatedMysql;
  readonly nodes: readonly EmbeddedVault[];
  readonly operator: Operator;
  readonly catalog: SimulatedCatalog;
  readonly transport: VaultTransport;
  readonly truth: Truth;
  readonly #seed: number;
  /** Where the service is told that MySQL is. */
  port = firstPort;

  private constructor(options: {
    settings: Settings;
    seed: number;
    time: SimulatedTime;
    slack: SlackClock;
    mysql: SimulatedMysql;
    nodes: readonly EmbeddedVault[];
    truth: Truth;
  }) {
    const { settings, seed, time, slack, mysql, nodes, truth } = options;
    this.settings = settings;
    this.#seed = seed;
    this.time = time;
    this.slack = slack;
    this.mysql = mysql;
    this.nodes = nodes;
    this.truth = truth;
    this.random = seededRandom(seed);
    this.process = new SimulatedProcess(slack);
    this.operator = new Operator(nodes);
    const deliver = (run: () => void): void => this.process.receive(run);
    this.catalog = new SimulatedCatalog(deliver);
    const latency = seededRandom(seed + 1);
    this.transport = new VaultTransport({
      clock: time,
      nodes,
      latencyMs: () => 1 + latency() * 20,
      deliver,
      taken: (path, asked) => truth.taken(path, asked),
      over: (path, asked) => truth.over(path, asked),
      given: (path, reply) => truth.given(path, reply),
      moment: () => this.moment,
      answered: (path, reply, asked) => truth.answered(path, reply, asked),
    });
    truth.watch(this);
  }

  /** Configured and in order; nobody has joined yet. */
  static async open(options: { settings: Settings; seed: number }): Promise<World> {
    const { settings, seed } = options;
    const time = new SimulatedTime();
    const slack = new SlackClock(time);
    const truth = new Truth(time, rotatingPath(settings));
    const mysql = new SimulatedMysql({ clock: time, port: vaultsPort, rootPassword, listeners: truth.listeners });
    mysql.ports.add(firstPort);
    mysql.accounts.run(`CREATE USER '${staticUser}'@'%' IDENTIFIED BY 'before-vault'`);
    mysql.accounts.run(`GRANT SELECT, INSERT ON \`todo\`.* TO '${staticUser}'@'%'`);
    const driver = simulatedDriver(mysql, { clock: time, latencyMs: () => 1 });
    const storage = embeddedVaultStorage();
    const nodes = await Promise.all(
      ["vault1", "vault2"].map((name) => startEmbeddedVault({ name, storage, clock: slack, driver })),
    );
    const world = new World({ settings, seed, time, slack, mysql, nodes, truth });
    await world.operator.initialise();
    for (const node of nodes) await world.operator.unseal(node);
    await world.drive(world.#configured());
    world.catalog.set("mysql", [{ id: "mysql", address: "127.0.0.1", port: firstPort }]);
    world.catalog.set(
      "vault",
      nodes.map(({ name, address }) => ({ id: name, address: "127.0.0.1", port: Number(new URL(address).port) })),
    );
    return world;
  }

  /** Now, by every clock there is. */
  get moment(): Moment {
    const { clock } = this.process;
    return { real: this.time.monotonic(), wall: clock.now(), monotonic: clock.monotonic() };
  }

  /** The service comes up. */
  async join(): Promise<{ cluster: Cluster; pools: Record<PoolName, RotatingPool> }> {
    const { clock } = this.process;
    const latency = seededRandom(this.#seed + 2);
    const link = { clock: this.time, latencyMs: () => 0.2 + latency(), deliver: this.#deliver };
    const cluster = await Cluster.join({
      env: login,
      clock,
      random: seededRandom(this.#seed + 3),
      source: this.catalog.source,
      dispatcher: this.transport,
      driver: simulatedDriver(this.mysql, link),
    });
    const database = "todo";
    const pools = {
      rotating: cluster.mysql({
        credentials: rotatingPath(this.settings),
        database,
        connectionLimit: connectionLimits.rotating,
      }),
      static: cluster.mysql({ credentials: staticPath, database, connectionLimit: connectionLimits.static }),
    };
    return { cluster, pools };
  }

  /** Moves time on until this is done. */
  readonly drive = async <T>(work: Promise<T>): Promise<T> => {
    let over = false;
    const done = work.finally(() => {
      over = true;
    });
    done.catch(() => {});
    const end = this.time.monotonic() + longestDriveMs;
    while (!over && this.time.monotonic() < end) await this.time.until(this.time.monotonic() + 50);
    if (!over) throw new Error(`something is not over after ${longestDriveMs / 1_000} s`);
    return await done;
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.close()));
    this.truth.close();
  }

  async #configured(): Promise<void> {
    while (!(await this.operator.leader())) await sleep(this.time, 10);
    await configureVault(this.operator, this.settings);
  }

  readonly #deliver = (run: () => void): void => this.process.receive(run);
}
