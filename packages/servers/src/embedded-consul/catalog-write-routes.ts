import { datacenter } from "./agent.ts";
import { bodyOf } from "./agent-body.ts";
import type { CatalogCheck, CatalogService } from "./catalog-entry.ts";
import { deregister, mustBeHere, register } from "./catalog-register.ts";
import {
  deregisterBody,
  type HealthCheckBody,
  type NodeServiceBody,
  type RegisterBody,
  registerBody,
} from "./catalog-shapes.ts";
import { checkDefinitionOf, isEmpty } from "./check-definition.ts";
import { ConsulFailure, notImplemented } from "./failure.ts";
import type { Route } from "./route.ts";
import { metaFault } from "./service-meta.ts";
import { isAnyAddress } from "./wire-address.ts";

/** Writes to the catalog itself, past any agent. https://developer.hashicorp.com/consul/api-docs/catalog */
export const catalogWriteRoutes: readonly Route[] = [
  {
    methods: ["PUT"],
    path: "/v1/catalog/register",
    handle: async (request) => {
      const body = await bodyOf(request, registerBody);
      const checks = [...(body.Checks ?? []), ...(body.Check ? [body.Check] : [])].map((check) => ({
        ...check,
        ...checkDefinitionOf(check.Definition),
      }));
      refuseForeign(body.Service);
      await request.write((state, index) => {
        mustBeHere(body.Datacenter);
        checkBody(body);
        const registration = {
          node: {
            ID: body.ID,
            Node: body.Node,
            Address: body.Address,
            Datacenter: datacenter,
            TaggedAddresses: body.TaggedAddresses ?? null,
            Meta: body.NodeMeta ?? null,
          },
          service: body.Service && serviceOf(body.Service, body.Node),
          checks: checks.map((check) => checkOf(check, body.Node)),
          skipNodeUpdate: body.SkipNodeUpdate,
        };
        register(state, registration, index);
      });
      return { json: true };
    },
  },
  {
    methods: ["PUT"],
    path: "/v1/catalog/deregister",
    handle: async (request) => {
      const body = await bodyOf(request, deregisterBody);
      await request.write((state, index) => {
        mustBeHere(body.Datacenter);
        if (body.Node === "") throw new ConsulFailure(500, "Must provide node");
        deregister(state, { node: body.Node, serviceId: body.ServiceID, checkId: body.CheckID }, index);
      });
      return { json: true };
    },
  },
];

/** A service of the mesh: refused, as nothing here would do what it promises. @throws ConsulFailure 501 */
export function refuseForeign(
  service: { Kind: string; Proxy: NodeServiceBody["Proxy"]; Connect: NodeServiceBody["Connect"] } | undefined,
): void {
  if (!service) return;
  if (service.Kind !== "") throw notImplemented('the "Kind" of a service');
  if (!isEmpty(service.Proxy)) throw notImplemented('the "Proxy" of a service');
  if (!isEmpty(service.Connect)) throw notImplemented('the "Connect" of a service');
}

function checkBody(body: RegisterBody): void {
  if (body.Node === "") throw new ConsulFailure(500, "Must provide node");
  const idFault = uuidFault(body.ID);
  if (idFault) throw new ConsulFailure(500, `Bad node ID: ${idFault}`);
  if (body.Address === "" && !body.SkipNodeUpdate) {
    throw new ConsulFailure(500, "Must provide address if SkipNodeUpdate is not set");
  }
  const { Service: service } = body;
  if (!service) return;
  if (service.ID !== "" && service.Service === "") throw new ConsulFailure(500, "Must provide service name with ID");
  if (isAnyAddress(service.Address)) throw new ConsulFailure(500, "Invalid service address");
}

/** What is wrong with a node's id, in the words of Consul's parser. */
function uuidFault(id: string): string | undefined {
  if (id === "") return undefined;
  if (id.length !== 36) return "uuid string is wrong length";
  if (!/^.{8}-.{4}-.{4}-.{4}-.{12}$/.test(id)) return "uuid is improperly formatted";
  const wrong = /[^0-9a-f]/i.exec(id.replaceAll("-", ""))?.[0];
  if (wrong === undefined) return undefined;
  return `encoding/hex: invalid byte: U+${wrong.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")} '${wrong}'`;
}

function serviceOf(body: NodeServiceBody, node: string): Omit<CatalogService, "CreateIndex" | "ModifyIndex"> {
  const id = body.ID === "" ? body.Service : body.ID;
  const fault = metaFault(body.Meta);
  if (fault) {
    const text = `failed inserting service: Invalid Service Meta for node ${node} and serviceID ${id}: ${fault}`;
    throw new ConsulFailure(500, text);
  }
  const tagged = body.TaggedAddresses;
  return {
    ID: id,
    Service: body.Service,
    Tags: body.Tags ?? [],
    Address: body.Address,
    ...(tagged && Object.keys(tagged).length > 0 && { TaggedAddresses: tagged }),
    Meta: body.Meta ?? null,
    Port: body.Port,
    Weights: body.Weights ?? { Passing: 1, Warning: 1 },
    EnableTagOverride: body.EnableTagOverride,
    Proxy: { MeshGateway: {}, Expose: {} },
    Connect: {},
  };
}

function checkOf(
  check: HealthCheckBody & { definition: object; type: string },
  node: string,
): Omit<CatalogCheck, "CreateIndex" | "ModifyIndex"> {
  return {
    Node: check.Node === "" ? node : check.Node,
    CheckID: check.CheckID === "" ? check.Name : check.CheckID,
    Name: check.Name,
    Status: check.Status,
    Notes: check.Notes,
    Output: check.Output,
    ServiceID: check.ServiceID,
    ServiceName: check.ServiceName,
    ServiceTags: check.ServiceTags ?? [],
    Type: check.Type === "" ? check.type : check.Type,
    Definition: check.definition,
  };
}
