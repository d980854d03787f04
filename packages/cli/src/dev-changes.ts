import { abortable, systemClock, withDeadline } from "@minicluster/core";
import type { DevCluster, ServiceProcess } from "@minicluster/devcluster";
import { Cluster, type Instance } from "@minicluster/sdk";
import { answersHealth } from "./answers-health.ts";
import { CliError } from "./error.ts";
import { LogLines } from "./log-lines.ts";

/** One thing that happened in the cluster. */
export interface Change {
  /** An instance, or a server: `todo1`, `vault`. */
  who: string;
  what: string;
}

export interface DevChangesOptions {
  cluster: DevCluster;
  instances: readonly ServiceProcess[];
  services: readonly string[];
  onChange: (change: Change) => void;
}

const passingMs = 60_000;

/** What Consul's states are called in a line. */
const says = { passing: "passing", warning: "degraded (warning)", critical: "critical" } as const;

/**
 * Watches a development cluster from the outside, as anybody in it could: Consul for health and for Vault's leader, the
 * instances' logs for rotations, and their processes.
 */
export class DevChanges implements AsyncDisposable {
  readonly #options: DevChangesOptions;
  readonly #sdk: Cluster;
  readonly #closers: (() => void)[] = [];
  readonly #states = new Map<string, string>();
  readonly #passing = new Set<number>();
  /** Ports of instances that said themselves that they are well. */
  readonly #saidWell = new Set<number>();
  readonly #waiting = new Set<() => void>();
  #ended: ServiceProcess | undefined;

  private constructor(options: DevChangesOptions, sdk: Cluster) {
    this.#options = options;
    this.#sdk = sdk;
  }

  static async watch(options: DevChangesOptions): Promise<DevChanges> {
    const sdk = await Cluster.join({ env: { CONSUL_HTTP_ADDR: options.cluster.consul.agent.address } });
    const changes = new DevChanges(options, sdk);
    const mysql = options.cluster.withMysql ? ["mysql"] : [];
    for (const service of [...options.services, ...mysql]) changes.#watchService(service);
    changes.#watchLeader();
    for (const instance of options.instances) changes.#watchProcess(instance);
    return changes;
  }

  /**
   * Until each instance is well: it passes its check in Consul, or says so itself at `/health`, which is some seconds
   * earlier. A minute at most.
   *
   * @throws CliError `CLI_INSTANCE_ENDED` when one ends before; MiniclusterError `TIMED_OUT`; the signal's reason
   */
  async passing(outer: AbortSignal): Promise<void> {
    const { instances } = this.#options;
    const late = (): ServiceProcess[] => instances.filter(({ ports }) => !this.#well(ports[0] ?? 0));
    const phase = `waiting for ${instances.map(({ name }) => name).join(", ")} to be well`;
    await withDeadline({ clock: systemClock, ms: passingMs, phase, signal: outer }, async (signal) => {
      const over = new AbortController();
      for (const instance of instances) this.#askItself(instance, AbortSignal.any([signal, over.signal]));
      try {
        while (!this.#ended && late().length > 0) {
          await abortable(new Promise<void>((resolve) => this.#waiting.add(resolve)), signal);
        }
      } finally {
        over.abort();
      }
    });
    const ended = this.#ended;
    if (!ended) return;
    const tail = ended.log.trimEnd().split("\n").slice(-3).join(" | ");
    const message = `${ended.name} ended before it passed its check; its last lines: ${tail || "none"}`;
    throw new CliError("CLI_INSTANCE_ENDED", message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const close of this.#closers) close();
    await this.#sdk.leave();
  }

  #say(who: string, what: string): void {
    this.#options.onChange({ who, what });
  }

  #well(port: number): boolean {
    return this.#passing.has(port) || this.#saidWell.has(port);
  }

  #askItself({ address, ports }: ServiceProcess, signal: AbortSignal): void {
    answersHealth(address, signal).then(
      () => {
        this.#saidWell.add(ports[0] ?? 0);
        this.#wake();
      },
      () => {},
    );
  }

  #wake(): void {
    for (const done of this.#waiting) done();
    this.#waiting.clear();
  }

  #watchService(service: string): void {
    const watch = this.#sdk.service(service).watch({ status: "any" });
    this.#closers.push(() => watch.close());
    const look = (instances: readonly Instance[]): void => {
      const seen = new Set<string>();
      for (const { id, port, status } of instances) {
        const who = this.#nameOf(service, port) ?? id;
        seen.add(who);
        if (status === "passing") this.#passing.add(port);
        else this.#passing.delete(port);
        this.#state(who, says[status]);
      }
      for (const [who, state] of this.#states) {
        if (!seen.has(who) && this.#belongs(who, service) && state !== "deregistered") this.#state(who, "deregistered");
      }
      this.#wake();
    };
    look(watch.current);
    this.#closers.push(watch.events.on("changed", ({ instances }) => look(instances)));
  }

  #watchLeader(): void {
    const watch = this.#sdk.service("vault").watch({ tag: "active", status: "usable" });
    const look = (instances: readonly Instance[]): void => {
      const leader = instances.find(({ tags }) => tags.includes("active"));
      this.#state("vault", leader ? `the leader is ${leader.address}:${leader.port}` : "there is no leader");
    };
    this.#closers.push(() => watch.close());
    this.#closers.push(watch.events.on("changed", ({ instances }) => look(instances)));
  }

  #watchProcess(instance: ServiceProcess): void {
    const lines = new LogLines(instance.logFile, (line) => {
      const event = eventIn(line);
      // The first account is no rotation.
      if (event?.name !== "credentials.rotated" || event.reason === "first") return;
      this.#say(instance.name, `credentials rotated (${event.reason})`);
    });
    this.#closers.push(() => lines[Symbol.dispose]());
    const off = instance.events.on("exited", ({ expected, code, signal }) => {
      if (expected) return;
      this.#ended = instance;
      this.#state(instance.name, `ended (${signal ?? `code ${code}`})`);
      this.#wake();
    });
    this.#closers.push(off);
  }

  /** A state is said when it differs from the last one. */
  #state(who: string, state: string): void {
    if (this.#states.get(who) === state) return;
    this.#states.set(who, state);
    this.#say(who, state);
  }

  #nameOf(service: string, port: number): string | undefined {
    return this.#options.instances.find((each) => each.service === service && each.ports[0] === port)?.name;
  }

  #belongs(who: string, service: string): boolean {
    const instance = this.#options.instances.find(({ name }) => name === who);
    return instance ? instance.service === service : who === service;
  }
}

/** The event and its reason in a line of JSON; undefined for any other line. */
export function eventIn(line: string): { name: string; reason: string } | undefined {
  try {
    const { event, reason } = JSON.parse(line) as { event?: unknown; reason?: unknown };
    if (typeof event !== "string") return undefined;
    return { name: event, reason: typeof reason === "string" ? reason : "" };
  } catch {
    return undefined;
  }
}
