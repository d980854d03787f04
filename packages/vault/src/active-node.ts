import { type Clock, LinkedSignal, type Secret, sleep, withDeadline } from "@minicluster/core";
import type { Json } from "./answer.ts";
import { VaultError, type VaultErrorCode } from "./error.ts";
import type { NodeHealth, NodeState } from "./health.ts";
import type { Nodes } from "./nodes.ts";
import type { CallOptions } from "./request.ts";

interface Question {
  address: string;
  path: string;
  token: Secret | undefined;
  signal: AbortSignal;
}

export interface ActiveNodeOptions {
  clock: Clock;
  nodes: Nodes;
  /** Asks one node, whatever the status of its answer. */
  ask: (question: Question) => Promise<NodeHealth & { body: Json | undefined; status: number }>;
}

/** How long a node may take to say how it is. */
const probeMs = 1_000;
/** The same for one whose last request failed: it is likely to hang, and others wait for the verdict. */
const suspectProbeMs = 500;
/** How long a request may hang before we ask whether its node is still the right one, and between such questions. */
const hedgeMs = 500;

/** When no node is active: which state says most, and its code. */
const verdicts: readonly { state: NodeState; code: VaultErrorCode; advice: string }[] = [
  { state: "standby", code: "VAULT_STANDBY", advice: "a standby takes over up to 35 s after its leader died" },
  { state: "sealed", code: "VAULT_SEALED", advice: "unseal it" },
  { state: "uninitialized", code: "VAULT_UNINITIALIZED", advice: "run vault operator init" },
  { state: "unreachable", code: "VAULT_UNREACHABLE", advice: "is it running, and is this its address?" },
];

/** Finds the active node by asking all of them at once. */
export class ActiveNode {
  readonly #options: ActiveNodeOptions;

  constructor(options: ActiveNodeOptions) {
    this.#options = options;
  }

  /** What one node says; `unreachable` where it says nothing in time. */
  async health(address: string, options: CallOptions & { timeoutMs: number }): Promise<NodeHealth> {
    const { signal, timeoutMs } = options;
    const phase = `asking ${address} for its health`;
    try {
      return await withDeadline({ clock: this.#options.clock, ms: timeoutMs, phase, signal }, async (until) => {
        const asked = { address, path: "sys/health", token: undefined, signal: until };
        const { body: _body, status: _status, ...health } = await this.#options.ask(asked);
        return health;
      });
    } catch (error) {
      signal?.throwIfAborted();
      const reason = error instanceof Error ? error.message : "it failed";
      return { address, state: "unreachable", version: undefined, clusterName: undefined, reason };
    }
  }

  /** The address of the active node, within about a second. @throws VaultError that says how each node is */
  async find(options: { phase: string; token: Secret | undefined; signal: AbortSignal }): Promise<string> {
    const { nodes } = this.#options;
    const { phase, token, signal } = options;
    const found = new AbortController();
    using linked = new LinkedSignal(signal, found.signal);
    const until = linked.signal;
    const seen: NodeHealth[] = [];
    const asked = nodes.list().map(async (address) => {
      const timeoutMs = nodes.isSuspect(address) ? suspectProbeMs : probeMs;
      const health = await this.health(address, { timeoutMs, signal: until });
      seen.push(health);
      if (health.state !== "active") throw health;
      return address;
    });
    try {
      const active = await Promise.any(asked);
      nodes.good(active);
      return active;
    } catch {
      signal.throwIfAborted();
    } finally {
      found.abort();
    }
    for (const standby of seen.filter(({ state }) => state === "standby")) {
      const active = await this.#behind(standby.address, token, signal);
      if (active !== undefined) return active;
    }
    throw none(phase, seen);
  }

  /** Resolves to another, active node, once this one doesn't even say how it is. Rejects when aborted. */
  async overtaken(address: string, signal: AbortSignal): Promise<string> {
    const { clock, nodes } = this.#options;
    for (;;) {
      await sleep(clock, hedgeMs, { signal });
      const others = nodes.list().filter((other) => other !== address);
      if (others.length === 0) continue;
      const asked = [address, ...others].map((each) => this.health(each, { timeoutMs: suspectProbeMs, signal }));
      const [own, ...rest] = await Promise.all(asked);
      const active = rest.find(({ state }) => state === "active");
      if (own?.state === "unreachable" && active) return active.address;
    }
  }

  /** A standby whose leader isn't among the known nodes: that leader, or the standby itself when it forwards to it. */
  async #behind(standby: string, token: Secret | undefined, signal: AbortSignal): Promise<string | undefined> {
    const { nodes } = this.#options;
    const leader = await this.#leaderOf(standby, signal);
    if (leader === undefined || nodes.list().includes(leader)) return undefined;
    if (!(standby.startsWith("https:") && leader.startsWith("http:"))) {
      const health = await this.health(leader, { timeoutMs: suspectProbeMs, signal });
      if (health.state === "active") {
        nodes.learn(leader);
        nodes.good(leader);
        return leader;
      }
    }
    if (!token) return undefined;
    const status = await this.#askWithin(
      { address: standby, path: "auth/token/lookup-self", token, signal },
      ({ status }) => status,
    );
    return status === 200 || status === 403 ? standby : undefined;
  }

  #leaderOf(standby: string, signal: AbortSignal): Promise<string | undefined> {
    return this.#askWithin({ address: standby, path: "sys/leader", token: undefined, signal }, ({ body }) => {
      const address = body?.["leader_address"];
      return typeof address === "string" && URL.canParse(address) ? new URL(address).origin : undefined;
    });
  }

  async #askWithin<T>(
    question: Question,
    read: (answer: { status: number; body: Json | undefined }) => T,
  ): Promise<T | undefined> {
    const { signal } = question;
    const deadline = { clock: this.#options.clock, ms: suspectProbeMs, phase: `asking ${question.path}`, signal };
    try {
      return await withDeadline(deadline, async (until) =>
        read(await this.#options.ask({ ...question, signal: until })),
      );
    } catch {
      signal.throwIfAborted();
      return undefined;
    }
  }
}

function none(phase: string, seen: readonly NodeHealth[]): VaultError {
  const verdict = verdicts.find(({ state }) => seen.some((health) => health.state === state));
  const list = seen.map(({ address, state }) => `${address} is ${state}`).join(", ");
  return new VaultError({
    code: verdict?.code ?? "VAULT_UNREACHABLE",
    kind: "unreachable",
    message: `${phase}: no active Vault: ${list}; ${verdict?.advice ?? "no address is known"}`,
  });
}
