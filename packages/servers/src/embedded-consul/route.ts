import type { IncomingHttpHeaders } from "node:http";
import type { Agent } from "./agent.ts";
import type { Answer } from "./answer.ts";
import type { Look } from "./look.ts";
import type { Query } from "./query.ts";
import type { Reached } from "./servers.ts";
import type { State } from "./state.ts";

export type Method = "GET" | "PUT" | "POST" | "DELETE";

/** A place of the HTTP interface. */
export interface Route {
  methods: readonly Method[];
  /** The whole path, or with a slash at its end, all paths below it. The longest one that fits is taken. */
  path: string;
  /** Whether it understands `?filter=`; everywhere else that is refused by name. */
  filters?: boolean | undefined;
  /** @throws ConsulFailure */
  handle: (request: AgentRequest) => Answer | Promise<Answer>;
}

/** What a route gets to see. */
export interface AgentRequest {
  readonly method: Method;
  /** Decoded, without the query. */
  readonly path: string;
  /** What follows the route's path; "" for an exact one. */
  readonly rest: string;
  readonly query: Query;
  readonly headers: IncomingHttpHeaders;
  /** The agent that was asked. */
  readonly agent: Agent;
  /** Aborted when whoever asks hung up, or the agent ends. */
  readonly signal: AbortSignal;
  /** The whole body. @throws ConsulFailure 413 when it is longer than `limit` bytes (default 1 MiB) */
  body(limit?: number): Promise<Buffer>;
  /**
   * The servers of the datacenter that is asked for. What they refuse is told as the agent tells it, who may be a client.
   *
   * @throws ConsulFailure 500
   */
  servers(): Promise<Reached>;
  /**
   * Answers from the servers' state, with X-Consul-Index and what goes with it. With `?index=` it waits until the index
   * of the look is past it, or `?wait=` is over. `look` is run again after each change of its topics.
   */
  read(look: (state: State) => Look): Promise<Answer>;
  /** Changes the servers' state. */
  write<T>(change: (state: State, index: number) => T): Promise<T>;
}
