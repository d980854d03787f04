import type { Clock } from "@minicluster/core";
import type { CatalogTable } from "./catalog-table.ts";
import { ConsulFailure } from "./failure.ts";
import type { KvTable } from "./kv-table.ts";
import { LockDelays } from "./lock-delays.ts";
import { checksOf, type Session } from "./session.ts";
import { sessionKey } from "./session-id.ts";
import { SessionTimers } from "./session-timers.ts";
import type { Topics } from "./topics.ts";

export interface SessionTableOptions {
  topics: Topics;
  catalog: CatalogTable;
  kv: KvTable;
}

/** What a server that leads does for the sessions. */
export interface SessionLead {
  clock: Clock;
  /** The end of its lead: no session runs out after that. */
  signal: AbortSignal;
  /** At once, or after its pause. */
  passed: () => Promise<void>;
  apply: (change: (index: number) => void) => void;
}

/** What was found, and how to wait for a change of it. */
export interface SessionsFound {
  found: Session[];
  index: number;
  topics: readonly string[];
}

const anySession = "sessions";

/** Sessions, by id and by what makes them invalid: their node, its checks, their TTL. */
export class SessionTable {
  readonly topics: Topics;
  readonly #catalog: CatalogTable;
  readonly #kv: KvTable;
  readonly #sessions = new Map<string, Session>();
  readonly #byNode = new Map<string, Set<string>>();
  #index = 0;
  #timers: SessionTimers | undefined;
  #delays: LockDelays | undefined;

  constructor({ topics, catalog, kv }: SessionTableOptions) {
    this.topics = topics;
    this.#catalog = catalog;
    this.#kv = kv;
    catalog.onLoss(({ node, checkId, index }) => {
      for (const session of this.#onNode(node)) {
        if (checkId === undefined || checksOf(session).includes(checkId)) this.#end(session, index);
      }
    });
  }

  /** From now on TTLs count, each from its beginning. Lock delays that ran are forgotten, as they live in memory. */
  lead({ clock, signal, passed, apply }: SessionLead): void {
    const expire = async (key: string): Promise<void> => {
      await passed();
      if (signal.aborted || !this.#sessions.has(key)) return;
      apply((index) => this.#endAt(key, index));
    };
    this.#delays = new LockDelays(clock);
    this.#timers = new SessionTimers({ clock, signal, expire: (key) => void expire(key) });
    for (const [key, { ttlMs }] of this.#sessions) this.#timers.start(key, ttlMs);
  }

  /** @throws ConsulFailure 500 when its node or a check of it is missing, or the check is critical */
  create(session: Session): void {
    if (!this.#catalog.node(session.node)) throw new ConsulFailure(500, "Missing node registration");
    for (const check of checksOf(session)) {
      const status = this.#catalog.check(session.node, check)?.Status;
      if (status === undefined) throw new ConsulFailure(500, `Missing check '${check}' registration`);
      if (status === "critical") throw new ConsulFailure(500, `Check '${check}' is in critical state`);
    }
    const key = sessionKey(session.id);
    this.#sessions.set(key, session);
    const node = session.node.toLowerCase();
    this.#byNode.set(node, (this.#byNode.get(node) ?? new Set()).add(key));
    this.#timers?.start(key, session.ttlMs);
    this.#changed(session, session.createIndex);
  }

  /** Its TTL begins anew. */
  renew(id: string): Session | undefined {
    const key = sessionKey(id);
    const session = this.#sessions.get(key);
    if (session) this.#timers?.start(key, session.ttlMs);
    return session;
  }

  destroy(id: string, index: number): void {
    this.#endAt(sessionKey(id), index);
  }

  get(id: string): SessionsFound {
    const session = this.#sessions.get(sessionKey(id));
    // A session never changes; until it is made, any of them may be it.
    const topics = [session ? `session:${session.id}` : anySession];
    return { found: session ? [session] : [], index: this.#index, topics };
  }

  list(): SessionsFound {
    return { found: byId([...this.#sessions.values()]), index: this.#index, topics: [anySession] };
  }

  onNode(node: string): SessionsFound {
    const topics = [`sessions-on:${node.toLowerCase()}`];
    return { found: byId(this.#onNode(node)), index: this.#index, topics };
  }

  /** The id, when it is that of a session. @throws ConsulFailure 500 */
  mustBe(id: string): string {
    if (id === "") throw new ConsulFailure(500, "missing session");
    if (this.#sessions.has(sessionKey(id))) return id;
    throw new ConsulFailure(500, `invalid session ${JSON.stringify(id)}`);
  }

  /** Whether the key can't be locked yet, after its last session ended. */
  delays(key: string): boolean {
    return this.#delays?.holds(key) ?? false;
  }

  #onNode(node: string): Session[] {
    return [...(this.#byNode.get(node.toLowerCase()) ?? [])].map((key) => this.#sessions.get(key) as Session);
  }

  #endAt(key: string, index: number): void {
    const session = this.#sessions.get(key);
    if (session) this.#end(session, index);
  }

  #end(session: Session, index: number): void {
    const { id, behavior, lockDelayNs } = session;
    const key = sessionKey(id);
    const node = session.node.toLowerCase();
    this.#sessions.delete(key);
    this.#byNode.get(node)?.delete(key);
    if (this.#byNode.get(node)?.size === 0) this.#byNode.delete(node);
    this.#timers?.stop(key);
    for (const held of this.#kv.release(id, behavior === "delete", index)) this.#delays?.start(held, lockDelayNs / 1e6);
    this.#changed(session, index);
  }

  #changed({ id, node }: Session, index: number): void {
    this.#index = index;
    for (const topic of [anySession, `session:${id}`, `sessions-on:${node.toLowerCase()}`]) this.topics.wake(topic);
  }
}

function byId(sessions: Session[]): Session[] {
  return sessions.sort((one, other) => (one.id < other.id ? -1 : 1));
}
