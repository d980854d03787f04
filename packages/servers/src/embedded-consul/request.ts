import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { type Agent, datacenter } from "./agent.ts";
import type { Answer } from "./answer.ts";
import { consistencyOf, patienceOf } from "./consistency.ts";
import { ConsulFailure, notImplemented } from "./failure.ts";
import type { Look } from "./look.ts";
import type { Query } from "./query.ts";
import type { AgentRequest, Method } from "./route.ts";
import type { Reached } from "./servers.ts";
import type { State } from "./state.ts";

const defaultBodyBytes = 1_048_576;

export interface HttpRequestOptions {
  message: IncomingMessage;
  path: string;
  rest: string;
  query: Query;
  agent: Agent;
  signal: AbortSignal;
}

/** A request that came by HTTP. */
export class HttpRequest implements AgentRequest {
  readonly method: Method;
  readonly path: string;
  readonly rest: string;
  readonly query: Query;
  readonly headers: IncomingHttpHeaders;
  readonly agent: Agent;
  readonly signal: AbortSignal;
  readonly #message: IncomingMessage;

  constructor(options: HttpRequestOptions) {
    this.#message = options.message;
    this.method = options.message.method as Method;
    this.path = options.path;
    this.rest = options.rest;
    this.query = options.query;
    this.headers = options.message.headers;
    this.agent = options.agent;
    this.signal = options.signal;
  }

  async body(limit: number = defaultBodyBytes): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of this.#message) {
      size += (chunk as Buffer).length;
      if (size > limit) throw new ConsulFailure(413, `Request body too large, max size: ${limit} bytes.`);
      chunks.push(chunk as Buffer);
    }
    return Buffer.concat(chunks);
  }

  async read(look: (state: State) => Look): Promise<Answer> {
    consistencyOf(this.query);
    if (this.query.has("cached")) throw notImplemented('the parameter "cached"');
    const { index, waitMs } = patienceOf(this.query);
    try {
      const reached = await this.servers();
      const asServer = (state: State): Look => this.#asServer(() => look(state));
      const found = asServer(reached.state);
      const done = index === 0 || found.index > index;
      const {
        index: at,
        topics: _,
        ...answer
      } = done ? found : await this.#wait(reached, asServer, { found, index, waitMs });
      return { ...answer, headers: { ...metaHeaders(at, true), ...this.#consistency(), ...answer.headers } };
    } catch (error) {
      if (!(error instanceof ConsulFailure)) throw error;
      throw new ConsulFailure(error.status, error.message, { ...metaHeaders(0, false), ...error.headers });
    }
  }

  /** The catalog says which consistency it answers with. */
  #consistency(): Record<string, string> {
    if (!/^\/v1\/(catalog|health)\//.test(this.path)) return {};
    return { "X-Consul-Effective-Consistency": consistencyOf(this.query) };
  }

  async write<T>(change: (state: State, index: number) => T): Promise<T> {
    const { state } = await this.servers();
    return this.#asServer(() => state.apply((index) => change(state, index)));
  }

  async servers(): Promise<Reached> {
    const wanted = this.query.get("dc");
    if (wanted !== "" && wanted !== datacenter) {
      this.#asServer(() => {
        throw new ConsulFailure(500, "No path to datacenter");
      });
    }
    return await this.agent.servers.reach(this.signal);
  }

  /** What a server refuses reaches a client's own client with where it came from, and without its status. */
  #asServer<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof ConsulFailure) || this.agent.mode === "server") throw error;
      throw new ConsulFailure(500, `rpc error making call: ${error.message}`);
    }
  }

  async #wait(reached: Reached, look: (state: State) => Look, waiting: Waiting): Promise<Look> {
    const { clock } = this.agent;
    const { index } = waiting;
    const end = clock.monotonic() + waiting.waitMs;
    const given = new AbortController();
    const off = reached.span.onEnd((reason) => given.abort(reason));
    const onAbort = (): void => given.abort(this.signal.reason);
    this.signal.addEventListener("abort", onAbort, { once: true });
    try {
      for (let { found } = waiting; ; ) {
        const { topics } = found;
        // Only what comes after the look counts: the index of a topic may be past the one that is told.
        const since = reached.state.index;
        const options = { topics, index: since, waitMs: end - clock.monotonic(), clock, signal: given.signal };
        const changed = await reached.state.waitFor(options);
        await reached.passed();
        given.signal.throwIfAborted();
        found = look(reached.state);
        if (!changed || found.index > index) return found;
      }
    } finally {
      off();
      this.signal.removeEventListener("abort", onAbort);
    }
  }
}

interface Waiting {
  found: Look;
  index: number;
  waitMs: number;
}

/** One server that leads: it was heard of just now. */
function metaHeaders(index: number, knownLeader: boolean): Record<string, string> {
  return {
    "X-Consul-Index": String(Math.max(1, index)),
    "X-Consul-KnownLeader": String(knownLeader),
    "X-Consul-LastContact": "0",
  };
}
