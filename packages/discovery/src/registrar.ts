import type { CheckStatus } from "./instance.ts";

/** What is announced, as it goes to the agent. */
export interface Registration {
  readonly service: string;
  readonly id: string;
  readonly address: string | undefined;
  readonly port: number;
  readonly tags: readonly string[];
  readonly meta: Readonly<Record<string, string>>;
  readonly check: RegisteredCheck | undefined;
}

/** A check with its defaults filled in. */
export interface RegisteredCheck {
  readonly checkId: string;
  readonly http?: string;
  readonly intervalMs?: number;
  readonly timeoutMs?: number;
  readonly ttlMs?: number;
  readonly deregisterAfterMs: number;
}

/** The calls that announcing needs, each safe to repeat. */
export interface Registrar {
  /**
   * Registers, replacing what has the same id. A check the agent already knows keeps its status there; with
   * `restore` a critical one that the agent's restart made is replaced by one that starts with `status`.
   */
  register(
    registration: Registration,
    options: { status: CheckStatus | undefined; restore: boolean; signal: AbortSignal },
  ): Promise<void>;
  /** Sets the status of a TTL check. @throws DiscoveryError `CONSUL_REFUSED` when the agent does not know the check */
  heartbeat(checkId: string, options: { status: CheckStatus; note: string; signal: AbortSignal }): Promise<void>;
  maintenance(id: string, options: { on: boolean; reason: string; signal: AbortSignal }): Promise<void>;
  deregister(id: string, options: { signal: AbortSignal }): Promise<void>;
}
