import { fileURLToPath } from "node:url";
import type { Consul, ProcessHandle } from "@minicluster/servers";
import { startProcess } from "@minicluster/servers";

/** What the process with the watchers says. */
export interface Seen {
  /** The ids of the instances that each watch has now. */
  seen: Record<string, string[]>;
  /** How often a watch changed. */
  changes: number;
  /** Its memory after a collection. */
  heapBytes: number;
}

interface Registered {
  service: string;
  id: string;
  passing: boolean;
}

const program = fileURLToPath(new URL("../programs/watchers.mjs", import.meta.url));

/** Many services at one agent that come, go and change, and a process that watches them all. */
export class Churn {
  readonly #agent: Consul;
  readonly #random: () => number;
  readonly #services: readonly string[];
  readonly #instances: Registered[] = [];
  #made = 0;
  #watchers: ProcessHandle | undefined;

  constructor(agent: Consul, options: { services: number; random: () => number }) {
    this.#agent = agent;
    this.#random = options.random;
    this.#services = Array.from({ length: options.services }, (_, at) => `churn-${at}`);
  }

  /** Registers so many instances, the same number of each service. */
  async fill(instances: number): Promise<void> {
    for (let at = 0; at < instances; at += this.#services.length) {
      await Promise.all(this.#services.slice(0, instances - at).map((service) => this.#come(service)));
    }
  }

  async watch(): Promise<void> {
    this.#watchers = await startProcess({
      name: "watchers",
      command: process.execPath,
      args: ["--expose-gc", program],
      env: ({ ports }) => ({
        BIND: `127.0.0.1:${ports[0]}`,
        CONSUL_HTTP_ADDR: this.#agent.address,
        SERVICES: this.#services.join(","),
      }),
      ports: 1,
      ready: async ({ ports }) => await fetch(`http://127.0.0.1:${ports[0]}`),
    });
  }

  /** An instance comes, goes, fails its check or passes it again. Their number stays about the same. */
  async change(): Promise<void> {
    const at = Math.floor(this.#random() * this.#instances.length);
    const instance = this.#instances[at];
    const turn = this.#made % 4;
    if (turn === 0 || !instance) await this.#come(this.#services[at % this.#services.length] ?? "");
    else if (turn === 2) {
      this.#made += 1;
      this.#instances.splice(at, 1);
      await this.#put(`service/deregister/${instance.id}`);
    } else {
      this.#made += 1;
      instance.passing = !instance.passing;
      await this.#put(`check/${instance.passing ? "pass" : "fail"}/service:${instance.id}`);
    }
  }

  /** What each watch must have. */
  expected(): Record<string, string[]> {
    const of = (name: string): string[] =>
      this.#instances
        .filter(({ service, passing }) => passing && service === name)
        .map(({ id }) => id)
        .sort();
    return Object.fromEntries(this.#services.map((service) => [service, of(service)]));
  }

  async seen(): Promise<Seen> {
    const response = await fetch(`http://127.0.0.1:${this.#watchers?.ports[0]}`);
    return (await response.json()) as Seen;
  }

  async close(): Promise<void> {
    await this.#watchers?.close();
  }

  async #come(service: string): Promise<void> {
    this.#made += 1;
    const id = `${service}-${this.#made}`;
    this.#instances.push({ service, id, passing: true });
    const Check = { TTL: "1h", Status: "passing" };
    await this.#put("service/register", { Name: service, ID: id, Address: "127.0.0.1", Port: this.#made, Check });
  }

  async #put(path: string, body?: unknown): Promise<void> {
    const url = `${this.#agent.address}/v1/agent/${path}`;
    const response = await fetch(url, { method: "PUT", ...(body ? { body: JSON.stringify(body) } : {}) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  }
}
