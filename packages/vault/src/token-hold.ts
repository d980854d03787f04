import { type Clock, Deadline, type Secret } from "@minicluster/core";

/** A token with the leases that were made under it: they die with it. */
export class TokenHold {
  readonly token: Secret;
  readonly accessor: string;
  /** Leases not yet released, by id. */
  readonly leases: Set<string> = new Set();
  /** Moves on with each renewal. */
  deadline: Deadline;
  /** Another token has taken its place. */
  superseded = false;

  constructor(options: { token: Secret; accessor: string; clock: Clock; lifeMs: number }) {
    this.token = options.token;
    this.accessor = options.accessor;
    this.deadline = new Deadline(options.clock, options.lifeMs);
  }
}
