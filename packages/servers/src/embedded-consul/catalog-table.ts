import {
  type CatalogCheck,
  type CatalogNode,
  type CatalogService,
  type Instance,
  inOrder,
  isSame,
  type NodeEntry,
} from "./catalog-entry.ts";
import { CheckIndex, keyOf } from "./check-index.ts";
import { ConsulFailure } from "./failure.ts";
import type { Topics } from "./topics.ts";

/** Something that a session may hang on is gone: a whole node, or a check that was removed or is critical. */
export interface CatalogLoss {
  node: string;
  /** Undefined: the node itself. */
  checkId: string | undefined;
  index: number;
}

type Fresh<T> = Omit<T, "CreateIndex" | "ModifyIndex">;

/** The topics that reads of the catalog hang on, beside the tables `nodes`, `services` and `checks`. */
export const catalogTopics = {
  /** With an index: the last change of anything that a look at the health of a service shows. */
  service: (name: string): string => `service:${name.toLowerCase()}`,
  /** Its instances, without their checks. */
  instances: (name: string): string => `instances:${name.toLowerCase()}`,
  checksOfService: (name: string): string => `checks-of-service:${name.toLowerCase()}`,
  /** The node itself and its services. */
  node: (name: string): string => `node:${name.toLowerCase()}`,
  checksOfNode: (name: string): string => `checks-of-node:${name.toLowerCase()}`,
  status: (status: string): string => `status:${status}`,
  /** With an index: the last time that the last instance of some service went. */
  extinction: "service-extinction",
} as const;

/**
 * Nodes, and the services and checks on them. A change costs what it touches, whatever else there is; a change of a node or of
 * a check of a node touches each service on it.
 */
export class CatalogTable {
  readonly #topics: Topics;
  readonly #nodes = new Map<string, NodeEntry>();
  readonly #nodeIds = new Map<string, NodeEntry>();
  readonly #services = new Map<string, Map<string, Instance>>();
  readonly #checks = new CheckIndex();
  readonly #mourners: ((loss: CatalogLoss) => void)[] = [];

  constructor(topics: Topics) {
    this.#topics = topics;
  }

  /** `mourn` is called within the change that loses something. */
  onLoss(mourn: (loss: CatalogLoss) => void): void {
    this.#mourners.push(mourn);
  }

  /** By name; nodes are found whatever the case of their name. */
  node(name: string): NodeEntry | undefined {
    return this.#nodes.get(name.toLowerCase());
  }

  nodeById(id: string): NodeEntry | undefined {
    return this.#nodeIds.get(id.toLowerCase());
  }

  /** In the order of their names. */
  nodes(): NodeEntry[] {
    return inOrder(this.#nodes);
  }

  /** The instances of a service, in the order of their nodes and ids. */
  instances(service: string): Instance[] {
    return inOrder(this.#services.get(service.toLowerCase()) ?? []);
  }

  /** Of each service that has any. */
  services(): Iterable<Iterable<Instance>> {
    return [...this.#services.values()].map((instances) => instances.values());
  }

  check(node: string, checkId: string): CatalogCheck | undefined {
    return this.node(node)?.checks.get(checkId.toLowerCase());
  }

  /** The checks of the node itself, then those of the service. */
  checksOf({ entry, service }: Instance): CatalogCheck[] {
    return [...this.#checksOn(entry, ""), ...this.#checksOn(entry, service.ID)];
  }

  checksOfService(name: string): CatalogCheck[] {
    return this.#checks.ofService(name);
  }

  checksInState(status: string): CatalogCheck[] {
    return this.#checks.ofStatus(status);
  }

  checks(): CatalogCheck[] {
    return this.nodes().flatMap(({ checks }) => inOrder(checks));
  }

  ensureNode(node: Fresh<CatalogNode>, index: number): void {
    const key = node.Node.toLowerCase();
    const owner = node.ID === "" ? undefined : this.nodeById(node.ID);
    if (owner && owner.node.Node !== node.Node) this.#mayRename(node, owner, index);
    else if (!owner && node.ID !== "") this.#mayTake(node, key);
    const entry = this.#nodes.get(key);
    const before = entry?.node;
    if (before && isSame(before, node)) return;
    const stored = Object.freeze({ ...node, CreateIndex: before?.CreateIndex ?? index, ModifyIndex: index });
    if (entry) {
      this.#nodeIds.delete(entry.node.ID.toLowerCase());
      entry.node = stored;
    } else {
      this.#nodes.set(key, { node: stored, services: new Map(), checks: new Map(), checksOf: new Map() });
    }
    const changed = entry ?? (this.#nodes.get(key) as NodeEntry);
    if (node.ID !== "") this.#nodeIds.set(node.ID.toLowerCase(), changed);
    this.#touch(index, "nodes", catalogTopics.node(key));
    this.#touchServicesOf(changed, index, true);
  }

  ensureService(nodeName: string, service: Fresh<CatalogService>, index: number): void {
    const entry = this.#mustHave(nodeName);
    const id = service.ID.toLowerCase();
    const before = entry.services.get(id);
    if (before && isSame(before, service)) return;
    if (before && before.Service.toLowerCase() !== service.Service.toLowerCase())
      this.#forgetInstance(entry, before, index);
    const stored = Object.freeze({ ...service, CreateIndex: before?.CreateIndex ?? index, ModifyIndex: index });
    entry.services.set(id, stored);
    const name = service.Service.toLowerCase();
    const instances = this.#services.get(name) ?? new Map<string, Instance>();
    this.#services.set(name, instances.set(keyOf(nodeName, id), { entry, service: stored }));
    this.#touch(index, "services", catalogTopics.service(name));
    this.#topics.wake(catalogTopics.instances(name));
    this.#topics.wake(catalogTopics.node(nodeName));
  }

  /** A check without a status is critical; one of a service gets its name and tags. */
  ensureCheck(check: Fresh<CatalogCheck>, index: number): void {
    const entry = this.#mustHave(check.Node);
    const id = check.CheckID.toLowerCase();
    const before = entry.checks.get(id);
    const service = check.ServiceID === "" ? undefined : entry.services.get(check.ServiceID.toLowerCase());
    if (check.ServiceID !== "" && !service) throw new ConsulFailure(500, "Missing service registration");
    const whole = {
      ...check,
      Status: check.Status === "" ? "critical" : check.Status,
      ...(service && { ServiceName: service.Service, ServiceTags: service.Tags }),
    };
    const same = before !== undefined && isSame(before, whole);
    const indexes = { CreateIndex: before?.CreateIndex ?? index, ModifyIndex: same ? before.ModifyIndex : index };
    const stored = Object.freeze({ ...whole, ...indexes });
    if (!same && service) this.#touch(index, catalogTopics.service(service.Service));
    if (!same && !service) this.#touchServicesOf(entry, index, false);
    if (before) this.#dropCheck(entry, before);
    this.#storeCheck(entry, stored);
    this.#touchChecks(stored, index);
    if (stored.Status === "critical") this.#lost({ node: entry.node.Node, checkId: stored.CheckID, index });
  }

  deleteNode(name: string, index: number): void {
    const entry = this.node(name);
    if (!entry) return;
    for (const { ID } of [...entry.services.values()]) this.deleteService(name, ID, index);
    for (const { CheckID } of [...entry.checks.values()]) this.deleteCheck(name, CheckID, index);
    this.#nodes.delete(name.toLowerCase());
    this.#nodeIds.delete(entry.node.ID.toLowerCase());
    this.#touch(index, "nodes");
    this.#topics.wake(catalogTopics.node(name));
    this.#lost({ node: entry.node.Node, checkId: undefined, index });
  }

  deleteService(nodeName: string, serviceId: string, index: number): void {
    const entry = this.node(nodeName);
    const service = entry?.services.get(serviceId.toLowerCase());
    if (!entry || !service) return;
    for (const { CheckID } of this.#checksOn(entry, service.ID)) this.deleteCheck(nodeName, CheckID, index);
    entry.services.delete(serviceId.toLowerCase());
    this.#touch(index, "checks", "services");
    this.#topics.wake(catalogTopics.node(nodeName));
    this.#forgetInstance(entry, service, index);
  }

  deleteCheck(nodeName: string, checkId: string, index: number): void {
    const entry = this.node(nodeName);
    const check = entry?.checks.get(checkId.toLowerCase());
    if (!entry || !check) return;
    if (check.ServiceID !== "") this.#touch(index, catalogTopics.service(check.ServiceName));
    else {
      this.#touchServicesOf(entry, index, false);
      this.#topics.touch("services", index);
    }
    this.#dropCheck(entry, check);
    this.#touchChecks(check, index);
    this.#lost({ node: entry.node.Node, checkId: check.CheckID, index });
  }

  #mustHave(node: string): NodeEntry {
    const entry = this.node(node);
    if (!entry) throw new ConsulFailure(500, "Missing node registration");
    return entry;
  }

  /** A node comes back under another name. */
  #mayRename(node: Fresh<CatalogNode>, owner: NodeEntry, index: number): void {
    const other = this.#nodes.get(node.Node.toLowerCase());
    if (other && other !== owner && this.#isHealthy(other)) {
      throw new ConsulFailure(
        500,
        `failed inserting node: Error while renaming Node ID: "${node.ID}" (${node.Address}): ${reserved(node, other)}`,
      );
    }
    this.deleteNode(owner.node.Node, index);
  }

  /** A new node id takes a name: free, of a node without an id, or of one that failed. */
  #mayTake(node: Fresh<CatalogNode>, key: string): void {
    const other = this.#nodes.get(key);
    if (other && other.node.ID !== "" && this.#isHealthy(other)) {
      throw new ConsulFailure(
        500,
        `failed inserting node: Error while renaming Node ID: "${node.ID}": ${reserved(node, other)}`,
      );
    }
  }

  #isHealthy(entry: NodeEntry): boolean {
    const serf = entry.checks.get("serfhealth");
    return serf !== undefined && serf.Status !== "critical";
  }

  #checksOn(entry: NodeEntry, serviceId: string): CatalogCheck[] {
    const ids = [...(entry.checksOf.get(serviceId.toLowerCase()) ?? [])].sort();
    return ids.map((id) => entry.checks.get(id) as CatalogCheck);
  }

  #forgetInstance(entry: NodeEntry, { ID, Service }: CatalogService, index: number): void {
    const name = Service.toLowerCase();
    const instances = this.#services.get(name);
    instances?.delete(keyOf(entry.node.Node, ID));
    if (instances && instances.size > 0) {
      this.#touch(index, catalogTopics.service(name));
    } else {
      this.#services.delete(name);
      this.#topics.forget(catalogTopics.service(name));
      this.#touch(index, catalogTopics.extinction);
    }
    this.#topics.wake(catalogTopics.instances(name));
  }

  #storeCheck(entry: NodeEntry, check: CatalogCheck): void {
    const id = check.CheckID.toLowerCase();
    const service = check.ServiceID.toLowerCase();
    entry.checks.set(id, check);
    entry.checksOf.set(service, (entry.checksOf.get(service) ?? new Set()).add(id));
    this.#checks.put(check);
  }

  #dropCheck(entry: NodeEntry, check: CatalogCheck): void {
    const id = check.CheckID.toLowerCase();
    const service = check.ServiceID.toLowerCase();
    entry.checks.delete(id);
    const ids = entry.checksOf.get(service);
    if (ids?.delete(id) && ids.size === 0) entry.checksOf.delete(service);
    this.#checks.take(check);
    this.#topics.wake(catalogTopics.status(check.Status));
  }

  #touchChecks(check: CatalogCheck, index: number): void {
    this.#touch(index, "checks");
    this.#topics.wake(catalogTopics.status(check.Status));
    this.#topics.wake(catalogTopics.checksOfNode(check.Node));
    if (check.ServiceName !== "") this.#topics.wake(catalogTopics.checksOfService(check.ServiceName));
  }

  #touchServicesOf(entry: NodeEntry, index: number, instances: boolean): void {
    for (const name of new Set([...entry.services.values()].map(({ Service }) => Service))) {
      this.#touch(index, catalogTopics.service(name));
      if (instances) this.#topics.wake(catalogTopics.instances(name));
    }
  }

  #touch(index: number, ...topics: string[]): void {
    for (const topic of topics) this.#topics.touch(topic, index);
  }

  #lost(loss: CatalogLoss): void {
    for (const mourn of this.#mourners) mourn(loss);
  }
}

function reserved(node: Fresh<CatalogNode>, { node: other }: NodeEntry): string {
  return `Node name ${node.Node} is reserved by node ${other.ID} with name ${other.Node} (${other.Address})`;
}
