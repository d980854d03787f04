import type { Clock } from "@minicluster/core";
import type { ConsulClient } from "./consul-client.ts";
import { DiscoveryError } from "./errors.ts";
import type { CheckStatus } from "./instance.ts";
import type { RegisteredCheck, Registrar, Registration } from "./registrar.ts";

const heartbeats = { passing: "pass", warning: "warn", critical: "fail" } as const;

/** Announces at an agent. */
export class ConsulRegistrar implements Registrar {
  readonly #client: ConsulClient;
  readonly #clock: Clock;

  constructor(client: ConsulClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  async register(
    registration: Registration,
    options: { status: CheckStatus | undefined; restore: boolean; signal: AbortSignal },
  ): Promise<void> {
    const { signal, status, restore } = options;
    const { service, id, address, port, tags, meta, check } = registration;
    if (restore && check && status !== undefined && status !== "critical") await this.#forgetCritical(check, signal);
    const phase = `registering ${id}`;
    await this.#client.call({ clock: this.#clock, phase, signal }, (calls, common) =>
      calls.agent.service.register({
        ...common,
        name: service,
        id,
        port,
        tags,
        meta,
        ...(address === undefined ? {} : { address }),
        ...(check ? { check: checkBody(check, status) } : {}),
      }),
    );
  }

  async heartbeat(checkId: string, options: { status: CheckStatus; note: string; signal: AbortSignal }): Promise<void> {
    const { signal, status, note } = options;
    const phase = `reporting ${checkId} as ${status}`;
    try {
      await this.#client.call({ clock: this.#clock, phase, signal }, (calls, common) =>
        calls.agent.check[heartbeats[status]]({ ...common, id: checkId, ...(note === "" ? {} : { note }) }),
      );
    } catch (error) {
      // 1.8 answers 500 for a check it does not know, later versions 404.
      const forgotten = error instanceof DiscoveryError && error.message.includes("does not have associated TTL");
      throw forgotten ? new DiscoveryError("CONSUL_REFUSED", error.message) : error;
    }
  }

  async maintenance(id: string, options: { on: boolean; reason: string; signal: AbortSignal }): Promise<void> {
    const { signal, on, reason } = options;
    const phase = `turning maintenance of ${id} ${on ? "on" : "off"}`;
    await this.#client.call({ clock: this.#clock, phase, signal }, (calls, common) =>
      calls.agent.service.maintenance({ ...common, id, enable: on, reason }),
    );
  }

  async deregister(id: string, options: { signal: AbortSignal }): Promise<void> {
    const { signal } = options;
    try {
      await this.#client.call({ clock: this.#clock, phase: `deregistering ${id}`, signal }, (calls, common) =>
        calls.agent.service.deregister({ ...common, id }),
      );
    } catch (error) {
      // Later versions answer 404 where there is nothing to deregister.
      if (!(error instanceof DiscoveryError && error.message.includes(" answered 404"))) throw error;
    }
  }

  /**
   * Registering a check again keeps the status the agent has for it, and an agent that restarted from its data directory
   * has every check critical until it ran. So a critical one goes first; without a check the service is passing.
   */
  async #forgetCritical(check: RegisteredCheck, signal: AbortSignal): Promise<void> {
    const phase = `looking at check ${check.checkId}`;
    const { body } = await this.#client.call({ clock: this.#clock, phase, signal }, (calls, common) =>
      calls.agent.check.list({ ...common, filter: `CheckID == ${JSON.stringify(check.checkId)}` }),
    );
    const known = (body as Record<string, { Status?: unknown }> | null)?.[check.checkId];
    if (known?.Status !== "critical") return;
    await this.#client.call({ clock: this.#clock, phase, signal }, (calls, common) =>
      calls.agent.check.deregister({ ...common, id: check.checkId }),
    );
  }
}

function checkBody(check: RegisteredCheck, status: CheckStatus | undefined): Record<string, unknown> {
  const { checkId, http, intervalMs, timeoutMs, ttlMs, deregisterAfterMs } = check;
  return {
    checkid: checkId,
    name: checkId,
    ...(http === undefined ? {} : { http, interval: `${intervalMs}ms`, timeout: `${timeoutMs}ms` }),
    ...(ttlMs === undefined ? {} : { ttl: `${ttlMs}ms` }),
    ...(status === undefined ? {} : { status }),
    ...(deregisterAfterMs > 0 ? { deregistercriticalserviceafter: `${deregisterAfterMs}ms` } : {}),
  };
}
