import type { Clock } from "@minicluster/core";
import { UserEventBus } from "./user-event-bus.ts";

/** How a member is, in serf's numbers. */
export const memberStatus = { alive: 1, failed: 4 } as const;

/** An agent, as the others know it. */
export interface Member {
  name: string;
  nodeId: string;
  mode: "server" | "client";
  port: number;
  /** Of a server's RPC. */
  rpcPort: number;
  status: (typeof memberStatus)[keyof typeof memberStatus];
}

/** How long a member is not heard of until it counts as failed: about what serf takes between two nodes. */
const failureMs = 5_000;

/** Who belongs to the datacenter, and who of them is alive. A member that ends without leaving, as all of ours do, has failed. */
export class Gossip {
  readonly userEvents: UserEventBus = new UserEventBus();
  readonly #clock: Clock;
  readonly #members = new Map<string, Member>();
  readonly #doubts = new Map<string, () => void>();
  readonly #listeners = new Set<(member: Member) => void>();
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** In the order of their names. */
  get members(): Member[] {
    return [...this.#members.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /** Calls `listener` when a member fails, comes, or comes back; returns a function that takes it off again. */
  listen(listener: (member: Member) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** It was heard of. One with the same name that is another has failed by that. */
  alive(member: Omit<Member, "status">): void {
    this.#calm(member.name);
    const before = this.#members.get(member.name);
    if (before && before.nodeId !== member.nodeId) this.#tell({ ...before, status: memberStatus.failed });
    this.#tell({ ...member, status: memberStatus.alive });
  }

  /** It is not heard of any more. */
  silent({ name, nodeId }: { name: string; nodeId: string }): void {
    const member = this.#members.get(name);
    if (this.#closed || member?.nodeId !== nodeId || member.status === memberStatus.failed || this.#doubts.has(name))
      return;
    const cancel = this.#clock.after(failureMs, () => {
      this.#doubts.delete(name);
      this.#tell({ ...member, status: memberStatus.failed });
    });
    this.#doubts.set(name, cancel);
  }

  /** Nobody is doubted any more: there is no server to be told. */
  close(): void {
    this.#closed = true;
    for (const name of [...this.#doubts.keys()]) this.#calm(name);
  }

  #calm(name: string): void {
    this.#doubts.get(name)?.();
    this.#doubts.delete(name);
  }

  #tell(member: Member): void {
    this.#members.set(member.name, member);
    for (const listener of this.#listeners) listener(member);
  }
}
