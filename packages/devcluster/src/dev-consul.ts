import type { Consul, RestartOptions } from "@minicluster/servers";

/** The Consul of a development cluster. Its calls reach both agents; each has its own handle beside. */
export class DevConsul {
  /** Keeps the catalog, the KV store and, with real servers, Vault's data. */
  readonly server: Consul;
  /** The one that services talk to. */
  readonly agent: Consul;

  constructor({ server, agent }: { server: Consul; agent: Consul }) {
    this.server = server;
    this.agent = agent;
  }

  /** Freezes both: connections stay open, nothing is answered. */
  async pause(): Promise<void> {
    await this.#both((each) => each.pause());
  }

  async resume(): Promise<void> {
    await this.#both((each) => each.resume());
  }

  /** Ends both as their operator would. */
  async stop(): Promise<void> {
    await this.#both((each) => each.stop());
  }

  /** Ends both without a chance to say goodbye. */
  async kill(): Promise<void> {
    await this.#both((each) => each.kill());
  }

  /** The server first, so that the agent finds it. */
  async restart(options: RestartOptions = {}): Promise<void> {
    await this.server.restart(options);
    await this.agent.restart(options);
  }

  /** What fails on one is done on the other all the same. @throws the first failure */
  async #both(work: (each: Consul) => Promise<void>): Promise<void> {
    const done = [this.agent, this.server].map(work);
    await Promise.allSettled(done);
    await Promise.all(done);
  }
}
