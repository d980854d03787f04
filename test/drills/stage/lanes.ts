import { sleep, systemClock } from "@minicluster/core";
import type { DevCluster, ServiceProcess } from "@minicluster/devcluster";
import type { Cluster } from "@minicluster/sdk";
import type { ServerHandle } from "@minicluster/servers";
import type { Timeline } from "./timeline.ts";

export interface Watched {
  cluster: DevCluster;
  /** Asked anew each time: a drill may replace instances. */
  todos: () => readonly ServiceProcess[];
  app: Cluster;
  /** Every MySQL of the drill. */
  mysqls: readonly ServerHandle[];
}

/** What todo's /health says, by its status code. */
const healthStates: Readonly<Record<number, string>> = { 200: "passing", 429: "degraded", 503: "critical" };

/** Follows the state of every server and service until it is ended. */
export class Lanes {
  readonly #watched: Watched;
  readonly #timeline: Timeline;
  readonly #stop = new AbortController();
  readonly #done: Promise<unknown>;

  constructor(watched: Watched, timeline: Timeline) {
    this.#watched = watched;
    this.#timeline = timeline;
    this.#done = Promise.all([this.#every(50, () => this.#processes()), this.#every(200, () => this.#asked())]);
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  /** Whether every service says that all is well. */
  get healthy(): boolean {
    const lanes = ["pool", ...this.#watched.todos().map(({ name }) => name)];
    return lanes.every((lane) => this.#timeline.stateOf(lane) === "passing");
  }

  async #every(ms: number, look: () => Promise<void> | void): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await look();
      await sleep(systemClock, ms, { signal }).catch(() => {});
    }
  }

  /** What needs no answer of anybody. */
  #processes(): void {
    const { cluster, app, mysqls } = this.#watched;
    for (const server of [...mysqls, cluster.consul.server, cluster.consul.agent]) {
      this.#timeline.state(server.name, processState(server) ?? "up");
    }
    this.#timeline.state("pool", app.health().status);
  }

  async #asked(): Promise<void> {
    const { cluster, todos } = this.#watched;
    await Promise.all([
      ...cluster.vault.nodes.map(async (node) => {
        const state = processState(node) ?? (await node.status());
        this.#timeline.state(node.name, state);
      }),
      ...todos().map(async (todo) => {
        this.#timeline.state(todo.name, processState(todo) ?? (await healthOf(todo, this.#stop.signal)));
      }),
    ]);
  }
}

function processState(server: ServerHandle): string | undefined {
  if (!server.running) return "down";
  return server.paused ? "frozen" : undefined;
}

async function healthOf(todo: ServiceProcess, stopped: AbortSignal): Promise<string> {
  try {
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(1_000)]);
    const response = await fetch(`${todo.address}/health`, { signal });
    await response.text();
    return healthStates[response.status] ?? `${response.status}`;
  } catch {
    return "no answer";
  }
}
