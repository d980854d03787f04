import type { Agent } from "./agent.ts";
import { advertised, datacenter } from "./agent.ts";
import type { CatalogNode } from "./catalog-entry.ts";
import { isSame } from "./catalog-entry.ts";
import { deregister, register } from "./catalog-register.ts";
import type { LocalServices } from "./local-services.ts";
import type { State } from "./state.ts";

/** Carries what is registered with an agent into the catalog. https://developer.hashicorp.com/consul/docs/concept/consistency */
export class AntiEntropy {
  readonly #agent: Pick<Agent, "name" | "nodeId" | "servers">;
  readonly #local: LocalServices;

  constructor(agent: Pick<Agent, "name" | "nodeId" | "servers">, local: LocalServices) {
    this.#agent = agent;
    this.#local = local;
  }

  /** What has changed here. What can't be written stays a change. @throws ConsulFailure when no server can be asked */
  async syncChanges(signal: AbortSignal): Promise<void> {
    const { changes } = this.#local;
    if (changes.services.size === 0 && changes.checks.size === 0) return;
    const { state } = await this.#agent.servers.reach(signal);
    this.#push(state);
  }

  /** Everything: looks for what differs first, also for what the catalog has and nobody registered here. */
  async syncAll(signal: AbortSignal): Promise<void> {
    const { state } = await this.#agent.servers.reach(signal);
    this.#compare(state);
    this.#push(state);
  }

  #compare(state: State): void {
    const { services, checks, changes } = this.#local;
    const entry = state.catalog.node(this.#agent.name);
    const node = this.#node();
    if (!entry || !isSame(entry.node, node)) state.apply((index) => state.catalog.ensureNode(node, index));
    const { services: there, checks: checksThere } = state.catalog.node(this.#agent.name) ?? {};
    for (const [id, service] of services) {
      const known = there?.get(id.toLowerCase());
      if (!known || !isSame(known, service)) changes.services.add(id);
    }
    for (const { ID } of there?.values() ?? []) {
      if (!services.has(ID) && ID !== "consul") changes.services.add(ID);
    }
    for (const [id, { check, cancelDeferred }] of checks) {
      const known = checksThere?.get(id.toLowerCase());
      const Output = cancelDeferred ? known?.Output : check.Output;
      if (!known || !isSame(known, { ...check, Output })) changes.checks.add(id);
    }
    for (const { CheckID } of checksThere?.values() ?? []) {
      if (!checks.has(CheckID) && CheckID !== "serfHealth") changes.checks.add(CheckID);
    }
  }

  #push(state: State): void {
    const { services, checks, changes } = this.#local;
    const node = this.#node();
    for (const id of [...changes.services]) {
      const service = services.get(id);
      const changed = this.#local.checksOf(id).filter(({ check }) => changes.checks.has(check.CheckID));
      state.apply((index) => {
        if (!service) return deregister(state, { node: node.Node, serviceId: id, checkId: "" }, index);
        const all = { node, service, checks: changed.map(({ check }) => check), skipNodeUpdate: true };
        return register(state, all, index);
      });
      changes.services.delete(id);
      for (const { check } of changed) changes.checks.delete(check.CheckID);
    }
    for (const id of [...changes.checks]) {
      const local = checks.get(id);
      state.apply((index) => {
        if (!local) return deregister(state, { node: node.Node, serviceId: "", checkId: id }, index);
        const service = services.get(local.check.ServiceID);
        return register(state, { node, service, checks: [local.check], skipNodeUpdate: true }, index);
      });
      changes.checks.delete(id);
    }
  }

  #node(): Omit<CatalogNode, "CreateIndex" | "ModifyIndex"> {
    return {
      ID: this.#agent.nodeId,
      Node: this.#agent.name,
      Address: advertised,
      Datacenter: datacenter,
      TaggedAddresses: { lan: advertised, lan_ipv4: advertised, wan: advertised, wan_ipv4: advertised },
      Meta: { "consul-network-segment": "" },
    };
  }
}
