import { type Clock, type Duration, durationMs, Emitter, runOnce, systemClock, withDeadline } from "@minicluster/core";
import {
  type Announcement,
  type AnnounceOptions,
  consul,
  consulOptionsFromEnv,
  Discovery,
  type Source,
} from "@minicluster/discovery";
import type { MysqlDriver, RotatingPool } from "@minicluster/mysql";
import type { Vault, VaultOptions } from "@minicluster/vault";
import { AnnouncePart } from "./announce-part.ts";
import { SdkError } from "./errors.ts";
import type { ClusterEvents } from "./events.ts";
import { type ClusterHealth, overall } from "./health.ts";
import { HealthWatch } from "./health-watch.ts";
import { type Login, loadLogin } from "./login.ts";
import type { ClusterMysqlOptions, MysqlPart } from "./mysql-part.ts";
import type { Part } from "./part.ts";
import { ServiceClient } from "./service-client.ts";
import type { VaultPart } from "./vault-part.ts";

export interface JoinOptions {
  /** The environment to read. Default `process.env`. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Leaves the cluster when it is aborted. */
  signal?: AbortSignal;
  /** Default: the machine's. */
  clock?: Clock;
  /** Default `Math.random`. */
  random?: () => number;
  /** Where services are found and announced: `dns()` or `fixed()` of `@minicluster/discovery`. Default: Consul, as the environment says. */
  source?: Source;
  /** The undici dispatcher that requests to Vault go through. Default: one of its own. */
  dispatcher?: NonNullable<VaultOptions["dispatcher"]>;
  /** The mysql2 driver. Default: `mysql2`. */
  driver?: MysqlDriver;
}

export interface ReadyOptions {
  signal?: AbortSignal | undefined;
  /** How long to wait. Default 30 s. */
  timeout?: Duration | undefined;
}

/**
 * A service's place in the cluster: it finds and announces services, and has MySQL pools whose credentials rotate under
 * them. Parts are made when they are first asked for, and closed in reverse by `leave()`.
 *
 * @example
 * await using cluster = await Cluster.join();
 * const db = cluster.mysql({ credentials: "mysql/creds/todo", database: "todo" });
 * const [rows] = await db.query("SELECT * FROM todo");
 */
export class Cluster implements AsyncDisposable {
  readonly events: Emitter<ClusterEvents> = new Emitter("sdk");
  readonly discovery: Discovery;
  /**
   * Leaves: deregisters, waits for borrowed connections, revokes leases and token, closes every socket and timer. Any
   * number of calls; never rejects.
   */
  readonly leave: () => Promise<void> = runOnce(() => this.#leave());
  readonly #options: JoinOptions;
  readonly #login: Login | undefined;
  readonly #clock: Clock;
  readonly #watch: HealthWatch;
  /** In the order they were made. */
  readonly #parts: Part[] = [];
  readonly #announced: AnnouncePart[] = [];
  readonly #pools: MysqlPart[] = [];
  #vault: VaultPart | undefined;
  #left = false;

  private constructor(options: JoinOptions, login: Login | undefined) {
    const { env = process.env, clock = systemClock, random, signal } = options;
    this.#options = options;
    this.#login = login;
    this.#clock = clock;
    this.discovery = new Discovery({ source: options.source ?? consul(consulOptionsFromEnv(env)), clock, random });
    const changed = (event: ClusterEvents["health"]): void => this.events.emit("health", event);
    this.#watch = new HealthWatch({ clock, read: () => this.health(), changed });
    this.#watch.start();
    signal?.addEventListener("abort", () => void this.leave(), { once: true });
  }

  /**
   * Reads the environment and checks it. Does not wait for the network: what is away is waited for by whoever needs it.
   *
   * @throws VaultError `VAULT_INVALID_OPTION`, DiscoveryError `INVALID_OPTION`: the message names the variables and what
   * to set; the signal's reason when it is aborted already
   * @example const cluster = await Cluster.join({ env: { ...process.env, CONSUL_HTTP_ADDR: "127.0.0.1:8500" } });
   */
  static async join(options: JoinOptions = {}): Promise<Cluster> {
    options.signal?.throwIfAborted();
    const login = await loadLogin(options.env ?? process.env);
    options.signal?.throwIfAborted();
    return new Cluster(options, login);
  }

  /** The login to Vault: `read()`, `write()`, `kv()`, `unwrap()`. @throws SdkError `CLUSTER_NO_LOGIN`, `CLUSTER_LEFT` */
  get vault(): Vault {
    this.#use();
    if (!this.#vault) {
      const { environment, VaultPart } = this.#needLogin();
      const { random, dispatcher } = this.#options;
      this.#vault = new VaultPart({
        environment,
        discovery: this.discovery,
        events: this.events,
        clock: this.#clock,
        random,
        dispatcher,
      });
      this.#parts.push(this.#vault);
    }
    return this.#vault.vault;
  }

  /**
   * A mysql2/promise pool that never goes stale. Returns at once; a query before the first credentials waits for them up
   * to `acquireTimeout` (10 s).
   *
   * @throws MysqlError `POOL_OPTION`, VaultError `VAULT_INVALID_OPTION`; SdkError `CLUSTER_NO_LOGIN`, `CLUSTER_LEFT`
   * @example const db = cluster.mysql({ credentials: "mysql/creds/todo", database: "todo", connectionLimit: 20 });
   */
  mysql(pool: ClusterMysqlOptions): RotatingPool {
    const { vault, discovery, events } = this;
    const { random, driver } = this.#options;
    const { MysqlPart } = this.#needLogin();
    const part = new MysqlPart({ pool, vault, discovery, events, clock: this.#clock, random, driver });
    this.#parts.push(part);
    this.#pools.push(part);
    return part.pool;
  }

  /** Another service. @throws DiscoveryError `INVALID_OPTION` for what is no service name; SdkError `CLUSTER_LEFT` */
  service(name: string): ServiceClient {
    this.#use();
    return new ServiceClient(name, this.discovery);
  }

  /**
   * Announces an instance of this service and keeps it announced until it is closed or the cluster is left. Does not wait
   * for Consul; `ready()` does.
   *
   * @throws DiscoveryError `INVALID_OPTION`; SdkError `CLUSTER_LEFT`
   * @example await cluster.announce({ service: "todo", port: 8080, check: { http: "/health", interval: "5s" } });
   */
  async announce(options: AnnounceOptions): Promise<Announcement> {
    this.#use();
    const part = new AnnouncePart(this.discovery.announce(options));
    this.#parts.push(part);
    this.#announced.push(part);
    return part.announcement;
  }

  /** How the whole and each part are, now; a look at what is known, without network. */
  health(): ClusterHealth {
    return overall(this.#parts.map((part) => part.health()));
  }

  /** Until all that was asked for is fresh. @throws SdkError `CLUSTER_NOT_READY`, `CLUSTER_LEFT`; the signal's reason */
  async ready(options: ReadyOptions = {}): Promise<void> {
    this.#use();
    const { signal } = options;
    const ms = durationMs(options.timeout ?? "30s", "timeout");
    const deadline = { clock: this.#clock, ms, signal, phase: "waiting for the cluster" };
    try {
      await withDeadline(deadline, (until) => Promise.all(this.#parts.map((part) => part.ready({ signal: until }))));
    } catch (cause) {
      signal?.throwIfAborted();
      const unwell = this.health().parts.filter(({ status }) => status !== "passing");
      const why = unwell.map(({ name, reason }) => `${name}: ${reason}`).join("; ") || String(cause);
      throw new SdkError({
        code: "CLUSTER_NOT_READY",
        kind: "unreachable",
        message: `not ready within ${ms} ms: ${why}`,
        cause,
      });
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }

  async #leave(): Promise<void> {
    this.#left = true;
    const started = this.#clock.monotonic();
    this.#watch.close();
    // Who is still announced gets requests: out of the catalog before anything they need is closed.
    for (const parts of [this.#announced, this.#pools, this.#vault ? [this.#vault] : []]) {
      await Promise.allSettled(parts.map((part) => part.close()));
    }
    await this.discovery.close();
    this.events.emit("left", { tookMs: this.#clock.monotonic() - started });
  }

  #needLogin(): Login {
    if (this.#login) return this.#login;
    throw new SdkError({
      code: "CLUSTER_NO_LOGIN",
      kind: "invalid",
      message:
        "there is no login to Vault in the environment: set VAULT_APP_ID and VAULT_USER_ID, or VAULT_ROLE_ID and VAULT_SECRET_ID, or VAULT_TOKEN",
    });
  }

  #use(): void {
    if (!this.#left) return;
    throw new SdkError({ code: "CLUSTER_LEFT", kind: "invalid", message: "the cluster was left; join it again" });
  }
}
