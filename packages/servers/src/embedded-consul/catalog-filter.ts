import type { Agent } from "./agent.ts";
import type { CatalogNode, NodeEntry } from "./catalog-entry.ts";
import type { Query } from "./query.ts";
import type { State } from "./state.ts";

/** `?node-meta=key:value`, as often as wanted: a node has all of them. Undefined: not asked for. */
export function nodeMetaFilter(query: Query): ((node: CatalogNode) => boolean) | undefined {
  if (!query.has("node-meta")) return undefined;
  const wanted = query.all("node-meta").map((text): [string, string] => {
    const [, key = "", value = ""] = /^([^:]*)(?::(.*))?$/s.exec(text) ?? [];
    return [key, value];
  });
  return ({ Meta }) => wanted.every(([key, value]) => Meta !== null && Object.hasOwn(Meta, key) && Meta[key] === value);
}

/** `?tag=`, as often as wanted: all of them are there, whatever their case. */
export function hasTags(tags: readonly string[], wanted: readonly string[]): boolean {
  const own = new Set(tags.map((tag) => tag.toLowerCase()));
  return wanted.every((tag) => own.has(tag.toLowerCase()));
}

/**
 * `?near=NODE`: that node first, then the other agents, then nodes that no agent runs on; all on one machine, nobody is nearer
 * than that. A node that no agent runs on is near to nothing: the order stays.
 */
export function nearFirst<T>(
  items: readonly T[],
  nodeOf: (item: T) => string,
  near: { state: State; agent: Agent; query: Query },
): readonly T[] {
  const name = near.query.get("near") === "_agent" ? near.agent.name : near.query.get("near");
  const { catalog } = near.state;
  if (name === "" || !hasAgent(catalog.node(name))) return items;
  const distance = (item: T): number => {
    const node = nodeOf(item);
    if (node.toLowerCase() === name.toLowerCase()) return 0;
    return hasAgent(catalog.node(node)) ? 1 : 2;
  };
  return [...items].sort((one, other) => distance(one) - distance(other));
}

function hasAgent(entry: NodeEntry | undefined): boolean {
  return entry?.checks.has("serfhealth") ?? false;
}
