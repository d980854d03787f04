import type { Span } from "./span.ts";
import type { State } from "./state.ts";

/** The servers of the datacenter, as an agent sees them: the one that is itself, or the one it joined. */
export interface Servers {
  /**
   * The state, once a server that leads can be asked: at once, or after a pause or an election.
   *
   * @throws ConsulFailure 500 when no server is known, or none leads in time
   */
  reach(signal: AbortSignal): Promise<Reached>;
  /** `127.0.0.1:PORT` of the leader's RPC. */
  readonly leader: string;
}

export interface Reached {
  readonly state: State;
  /** Ends with that server, with what a request that waits for it is told. */
  readonly span: Span;
  /** At once, or after its pause. */
  passed(): Promise<void>;
}
