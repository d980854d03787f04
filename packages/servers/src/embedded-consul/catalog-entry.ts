/** A node, as the catalog tells it. */
export interface CatalogNode {
  ID: string;
  Node: string;
  Address: string;
  Datacenter: string;
  TaggedAddresses: Readonly<Record<string, string>> | null;
  Meta: Readonly<Record<string, string>> | null;
  CreateIndex: number;
  ModifyIndex: number;
}

export interface ServiceAddress {
  Address: string;
  Port: number;
}

/** An instance of a service, as it is told below its node. */
export interface CatalogService {
  ID: string;
  Service: string;
  Tags: readonly string[];
  Address: string;
  TaggedAddresses?: Readonly<Record<string, ServiceAddress>> | undefined;
  Meta: Readonly<Record<string, string>> | null;
  Port: number;
  Weights: { Passing: number; Warning: number };
  EnableTagOverride: boolean;
  Proxy: { MeshGateway: object; Expose: object };
  Connect: object;
  CreateIndex: number;
  ModifyIndex: number;
}

export type CheckStatus = "passing" | "warning" | "critical";

export interface CatalogCheck {
  Node: string;
  CheckID: string;
  Name: string;
  /** One of {@link CheckStatus}, or whatever was registered in the catalog itself. */
  Status: string;
  Notes: string;
  Output: string;
  ServiceID: string;
  ServiceName: string;
  ServiceTags: readonly string[];
  Type: string;
  Definition: object;
  CreateIndex: number;
  ModifyIndex: number;
}

/** A node and what is on it, by lower-case id: names and ids are found whatever their case. */
export interface NodeEntry {
  node: CatalogNode;
  services: Map<string, CatalogService>;
  checks: Map<string, CatalogCheck>;
  /** The ids of the checks of a service; "" has those of the node itself. */
  checksOf: Map<string, Set<string>>;
}

/** An instance, with where it runs. */
export interface Instance {
  entry: NodeEntry;
  service: CatalogService;
}

/** Whether the two differ in their indexes at most. */
export function isSame(one: object, other: object): boolean {
  const bare = (entry: object): string => JSON.stringify({ ...entry, CreateIndex: 0, ModifyIndex: 0 });
  return bare(one) === bare(other);
}

/** In the order of a table: by lower-case keys. */
export function inOrder<T>(entries: Iterable<readonly [string, T]>): T[] {
  return [...entries].sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)).map(([, value]) => value);
}
