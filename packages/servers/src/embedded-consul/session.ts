/** What happens to the keys that a session holds, when it ends. */
export type SessionBehavior = "release" | "delete";

/** A session: what a lock belongs to. Lives on a node, as long as its checks do. */
export interface Session {
  readonly id: string;
  readonly name: string;
  readonly node: string;
  readonly lockDelayNs: number;
  readonly behavior: SessionBehavior;
  /** As it was asked for: "10s"; "" for none. */
  readonly ttl: string;
  /** 0 for none. */
  readonly ttlMs: number;
  readonly nodeChecks: readonly string[] | null;
  readonly serviceChecks: readonly ServiceCheck[] | null;
  /** Named by the older field `Checks`. */
  readonly checks: readonly string[] | null;
  readonly createIndex: number;
}

export interface ServiceCheck {
  readonly ID: string;
  readonly Namespace?: string | undefined;
}

/** The checks it hangs on. */
export function checksOf({ nodeChecks, serviceChecks, checks }: Session): string[] {
  return [...new Set([...(nodeChecks ?? []), ...(serviceChecks ?? []).map(({ ID }) => ID), ...(checks ?? [])])];
}

/** As Consul's JSON has it. */
export function wireSession(session: Session): Record<string, unknown> {
  return {
    ID: session.id,
    Name: session.name,
    Node: session.node,
    LockDelay: session.lockDelayNs,
    Behavior: session.behavior,
    TTL: session.ttl,
    NodeChecks: session.nodeChecks,
    ServiceChecks: session.serviceChecks,
    ...(session.checks && session.checks.length > 0 && { Checks: session.checks }),
    CreateIndex: session.createIndex,
    ModifyIndex: session.createIndex,
  };
}
