import { type Clock, sleep } from "@minicluster/core";
import type { Consul } from "../consul.ts";
import type { Gate } from "../embedded/gate.ts";
import { ServersError } from "../errors.ts";
import { http } from "../http.ts";
import type { VaultNode } from "./vault-node.ts";

export interface ServiceRegistrationOptions {
  consul: Consul;
  port: number;
  clock: Clock;
  gate: Gate;
  note: (line: string) => void;
}

/** As Vault: told this often, and critical when it was not told for so long. */
const [everyMs, ttl] = [2_500, "5s"];
const service = "vault";

/** The node as service `vault` in Consul, with its state as tag and its seal as check (Vault's manual, "Consul service registration"). */
export class ServiceRegistration {
  readonly #options: ServiceRegistrationOptions;
  readonly #id: string;
  #work: Promise<void> = Promise.resolve();
  #registeredAs = "";

  constructor(options: ServiceRegistrationOptions) {
    this.#options = options;
    this.#id = `${service}:127.0.0.1:${options.port}`;
  }

  /** Tells Consul again and again, until the signal. */
  start(node: VaultNode, signal: AbortSignal): void {
    this.#registeredAs = "";
    void this.#keep(node, signal);
  }

  /** Tells Consul now. */
  tell(node: VaultNode): void {
    this.#work = this.#work.then(() => this.#say(node)).catch((error: Error) => this.#failed(error));
  }

  async leave(): Promise<void> {
    this.#work = this.#work
      .then(() => this.#put(`/v1/agent/service/deregister/${encodeURIComponent(this.#id)}`))
      .catch((error: Error) => this.#failed(error));
    await this.#work;
  }

  async #keep(node: VaultNode, signal: AbortSignal): Promise<void> {
    const { clock, gate } = this.#options;
    while (!signal.aborted) {
      await gate.passed();
      this.tell(node);
      await this.#work;
      await sleep(clock, everyMs, { signal }).catch(() => {});
    }
  }

  async #say(node: VaultNode): Promise<void> {
    const tags = [node.active ? "active" : "standby", ...(node.options.storage.seal ? ["initialized"] : [])];
    const tag = tags.join();
    const check = `${this.#id}:vault-sealed-check`;
    if (this.#registeredAs !== `as ${tag}`) {
      const Check = { CheckID: check, Name: "Vault Sealed Status", TTL: ttl, Status: "critical" };
      const body = { ID: this.#id, Name: service, Tags: tags, Address: "127.0.0.1", Port: this.#options.port, Check };
      await this.#put("/v1/agent/service/register", body);
      this.#registeredAs = `as ${tag}`;
    }
    const verdict = node.sealed
      ? { Status: "critical", Output: "Vault Sealed" }
      : { Status: "passing", Output: "Vault Unsealed" };
    try {
      await this.#put(`/v1/agent/check/update/${encodeURIComponent(check)}`, verdict);
    } catch (error) {
      // An agent that forgot us is told anew the next time.
      this.#registeredAs = "";
      throw error;
    }
  }

  #failed(error: Error): void {
    this.#options.note(`[WARN]  service_registration.consul: ${error.message}`);
  }

  async #put(path: string, body?: unknown): Promise<void> {
    const { consul } = this.#options;
    const token = consul.bootstrapToken;
    const headers = token && { "X-Consul-Token": token.reveal() };
    const answer = await http({ url: consul.address + path, method: "PUT", headers, body });
    if (answer.status !== 200)
      throw new ServersError("REQUEST_FAILED", `PUT ${path}: ${answer.status} ${answer.text.slice(0, 200)}`);
  }
}
