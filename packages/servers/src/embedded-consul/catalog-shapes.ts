import type { ServiceAddress } from "./catalog-entry.ts";
import type { GoValue } from "./go-json.ts";
import {
  boolean,
  duration,
  integer,
  list,
  map,
  named,
  optional,
  type Shape,
  string,
  struct,
  unsigned,
} from "./shape.ts";

/** What Consul has and the embedded one has not; it may be there, but empty. */
export const foreign: Shape<GoValue> = { goType: "struct", zero: () => null, read: (value) => value };

export const serviceAddress: Shape<ServiceAddress> = struct(
  { goType: "structs.ServiceAddress" },
  { Address: string, Port: integer },
);

export interface Weights {
  Passing: number;
  Warning: number;
}

export const weights: Shape<Weights> = struct({ goType: "structs.Weights" }, { Passing: integer, Warning: integer });

export interface NodeServiceBody {
  Kind: string;
  ID: string;
  Service: string;
  Tags: string[] | undefined;
  Address: string;
  TaggedAddresses: Record<string, ServiceAddress> | undefined;
  Meta: Record<string, string> | undefined;
  Port: number;
  Weights: Weights | undefined;
  EnableTagOverride: boolean;
  Proxy: GoValue;
  Connect: GoValue;
  CreateIndex: number;
  ModifyIndex: number;
}

export const nodeService: Shape<NodeServiceBody> = struct(
  { goType: "structs.NodeService" },
  {
    Kind: named("structs.ServiceKind"),
    ID: string,
    Service: string,
    Tags: list(string),
    Address: string,
    TaggedAddresses: map(serviceAddress),
    Meta: map(string),
    Port: integer,
    Weights: optional(weights),
    EnableTagOverride: boolean,
    Proxy: foreign,
    Connect: foreign,
    CreateIndex: unsigned,
    ModifyIndex: unsigned,
  },
);

export interface HealthCheckBody {
  Node: string;
  CheckID: string;
  Name: string;
  Status: string;
  Notes: string;
  Output: string;
  ServiceID: string;
  ServiceName: string;
  ServiceTags: string[] | undefined;
  Type: string;
  Definition: GoValue;
  CreateIndex: number;
  ModifyIndex: number;
}

export const healthCheck: Shape<HealthCheckBody> = struct(
  { goType: "structs.HealthCheck" },
  {
    Node: string,
    CheckID: named("types.CheckID"),
    Name: string,
    Status: string,
    Notes: string,
    Output: string,
    ServiceID: string,
    ServiceName: string,
    ServiceTags: list(string),
    Type: string,
    Definition: foreign,
    CreateIndex: unsigned,
    ModifyIndex: unsigned,
  },
);

export interface RegisterBody {
  Datacenter: string;
  ID: string;
  Node: string;
  Address: string;
  TaggedAddresses: Record<string, string> | undefined;
  NodeMeta: Record<string, string> | undefined;
  Service: NodeServiceBody | undefined;
  Check: HealthCheckBody | undefined;
  Checks: HealthCheckBody[] | undefined;
  SkipNodeUpdate: boolean;
  Token: string;
  CreateIndex: number;
  ModifyIndex: number;
}

export const registerBody: Shape<RegisterBody> = struct(
  { goType: "structs.RegisterRequest" },
  {
    Datacenter: string,
    ID: named("types.NodeID"),
    Node: string,
    Address: string,
    TaggedAddresses: map(string),
    NodeMeta: map(string),
    Service: optional(nodeService),
    Check: optional(healthCheck),
    Checks: list(healthCheck, "structs.HealthChecks"),
    SkipNodeUpdate: boolean,
    Token: string,
    CreateIndex: unsigned,
    ModifyIndex: unsigned,
  },
);

export interface DeregisterBody {
  Datacenter: string;
  Node: string;
  ServiceID: string;
  CheckID: string;
  Token: string;
}

export const deregisterBody: Shape<DeregisterBody> = struct(
  { goType: "structs.DeregisterRequest" },
  { Datacenter: string, Node: string, ServiceID: string, CheckID: named("types.CheckID"), Token: string },
);

export interface CheckTypeBody {
  CheckID: string;
  Name: string;
  Status: string;
  Notes: string;
  ScriptArgs: string[] | undefined;
  HTTP: string;
  Header: Record<string, string[] | undefined> | undefined;
  Method: string;
  Body: string;
  TCP: string;
  Interval: number;
  AliasNode: string;
  AliasService: string;
  DockerContainerID: string;
  Shell: string;
  GRPC: string;
  GRPCUseTLS: boolean;
  TLSSkipVerify: boolean;
  Timeout: number;
  TTL: number;
  SuccessBeforePassing: number;
  FailuresBeforeCritical: number;
  ProxyHTTP: string;
  ProxyGRPC: string;
  DeregisterCriticalServiceAfter: number;
  OutputMaxSize: number;
  args: string[] | undefined;
  script_args: string[] | undefined;
  deregister_critical_service_after: number;
  docker_container_id: string;
  tls_skip_verify: boolean;
  ServiceID: string;
  service_id: string;
}

const checkFields = {
  Name: string,
  Status: string,
  Notes: string,
  ScriptArgs: list(string),
  HTTP: string,
  Header: map(list(string)),
  Method: string,
  Body: string,
  TCP: string,
  Interval: duration,
  AliasNode: string,
  AliasService: string,
  DockerContainerID: string,
  Shell: string,
  GRPC: string,
  GRPCUseTLS: boolean,
  TLSSkipVerify: boolean,
  Timeout: duration,
  TTL: duration,
  SuccessBeforePassing: integer,
  FailuresBeforeCritical: integer,
  DeregisterCriticalServiceAfter: duration,
  OutputMaxSize: integer,
  args: list(string),
  script_args: list(string),
  deregister_critical_service_after: duration,
  docker_container_id: string,
  tls_skip_verify: boolean,
  ServiceID: string,
  service_id: string,
} as const;

/** A check within the registration of a service. Go reads it on its own, as a struct without a name. */
export const checkType: Shape<CheckTypeBody> = struct(
  { goType: "structs.CheckType", structName: "", alone: true },
  { CheckID: named("types.CheckID"), ProxyHTTP: string, ProxyGRPC: string, ...checkFields },
);

export type CheckDefinitionBody = Omit<CheckTypeBody, "CheckID" | "ProxyHTTP" | "ProxyGRPC"> & {
  ID: string;
  Token: string;
};

/** A check that is registered by itself. */
export const checkDefinition: Shape<CheckDefinitionBody> = struct(
  { goType: "structs.CheckDefinition", structName: "", alone: true },
  { ID: named("types.CheckID"), Token: string, ...checkFields },
);

export interface ServiceDefinitionBody {
  Kind: string;
  ID: string;
  Name: string;
  Tags: string[] | undefined;
  Address: string;
  TaggedAddresses: Record<string, ServiceAddress> | undefined;
  Meta: Record<string, string> | undefined;
  Port: number;
  Check: CheckTypeBody | undefined;
  Checks: (CheckTypeBody | undefined)[] | undefined;
  Weights: Weights | undefined;
  Token: string;
  EnableTagOverride: boolean;
  Proxy: GoValue;
  Connect: GoValue;
  enable_tag_override: boolean;
  tagged_addresses: Record<string, ServiceAddress> | undefined;
}

export const serviceDefinition: Shape<ServiceDefinitionBody> = struct(
  { goType: "structs.ServiceDefinition", structName: "", alone: true },
  {
    Kind: named("structs.ServiceKind"),
    ID: string,
    Name: string,
    Tags: list(string),
    Address: string,
    TaggedAddresses: map(serviceAddress),
    Meta: map(string),
    Port: integer,
    Check: optional(checkType),
    Checks: list(optional(checkType), "structs.CheckTypes"),
    Weights: optional(weights),
    Token: string,
    EnableTagOverride: boolean,
    Proxy: foreign,
    Connect: foreign,
    enable_tag_override: boolean,
    tagged_addresses: map(serviceAddress),
  },
);
