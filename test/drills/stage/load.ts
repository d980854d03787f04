import type { RotatingPool, ServiceClient } from "@minicluster/sdk";
import { heldLoad } from "../../load/held-load.ts";
import { type HttpLoadOptions, httpLoad } from "../../load/http-load.ts";
import type { Meter } from "../../load/meter.ts";
import { mysqlLoad } from "../../load/mysql-load.ts";
import { form } from "./form.ts";

export interface LoadOptions {
  pool: RotatingPool;
  todo: ServiceClient;
  meter: Meter;
}

/** How long a client waits for todo's answer. */
const patienceMs = 5_000;

/** The load of every drill: requests on todo, statements and transactions on a pool, and a connection that is held. */
export class Load {
  readonly #stop = new AbortController();
  readonly #done: Promise<unknown>;

  constructor({ pool, todo, meter }: LoadOptions) {
    const { signal } = this.#stop;
    const send: HttpLoadOptions["send"] = (path, init = {}) =>
      todo.fetch(path, { ...init, signal: AbortSignal.timeout(patienceMs) });
    this.#done = Promise.all([
      httpLoad({ send, meter, rate: form.httpRate, signal }),
      mysqlLoad({ pool, meter, rate: form.mysqlRate, signal }),
      heldLoad({ pool, meter, signal }),
    ]);
  }

  /** No more calls; waits for those under way. */
  async end(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }
}
