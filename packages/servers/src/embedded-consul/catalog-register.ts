import { datacenter } from "./agent.ts";
import type { CatalogCheck, CatalogNode, CatalogService } from "./catalog-entry.ts";
import { ConsulFailure } from "./failure.ts";
import type { State } from "./state.ts";

type Fresh<T> = Omit<T, "CreateIndex" | "ModifyIndex">;

/** A node, and what of it is to be changed with it. */
export interface Registration {
  node: Fresh<CatalogNode>;
  service?: Fresh<CatalogService> | undefined;
  checks: readonly Fresh<CatalogCheck>[];
  /** A node that is known already stays as it is. */
  skipNodeUpdate: boolean;
}

/**
 * All of it, or nothing.
 *
 * @throws ConsulFailure 500
 */
export function register({ catalog }: State, registration: Registration, index: number): void {
  const { node, service, checks, skipNodeUpdate } = registration;
  const known = catalog.node(node.Node);
  if (service && service.ID === "") {
    throw new ConsulFailure(500, "failed inserting service: failed inserting service: object missing primary index");
  }
  for (const check of checks) {
    if (check.Node !== node.Node) {
      throw new ConsulFailure(500, `check node "${check.Node}" does not match node "${node.Node}"`);
    }
    checkFits(check, service?.ID, (id) => known?.services.has(id.toLowerCase()) === true);
  }
  if (!known || !skipNodeUpdate) catalog.ensureNode(node, index);
  if (service) catalog.ensureService(node.Node, service, index);
  for (const check of checks) catalog.ensureCheck(check, index);
}

function checkFits(
  check: Fresh<CatalogCheck>,
  registered: string | undefined,
  has: (serviceId: string) => boolean,
): void {
  const { ServiceID, Node } = check;
  if (ServiceID !== "" && ServiceID.toLowerCase() !== registered?.toLowerCase() && !has(ServiceID)) {
    throw new ConsulFailure(500, `failed inserting check: Missing service registration on node "${Node}"`);
  }
  if (check.CheckID === "") {
    throw new ConsulFailure(
      500,
      `failed inserting check: failed inserting check: object missing primary index on node "${Node}"`,
    );
  }
}

/** Takes away a service, else a check, else the whole node. What isn't there is no error. */
export function deregister(
  { catalog }: State,
  what: { node: string; serviceId: string; checkId: string },
  index: number,
): void {
  if (what.serviceId !== "") catalog.deleteService(what.node, what.serviceId, index);
  else if (what.checkId !== "") catalog.deleteCheck(what.node, what.checkId, index);
  else catalog.deleteNode(what.node, index);
}

/** @throws ConsulFailure 500 when another datacenter is named */
export function mustBeHere(named: string): void {
  if (named !== "" && named !== datacenter) throw new ConsulFailure(500, "No path to datacenter");
}
