import { catalogTopics } from "./catalog-table.ts";
import type { State } from "./state.ts";

/** The index of a look at one service, and what it waits for; `topics` are those of a service that exists. */
export function serviceIndex(
  { topics: kept }: State,
  service: { name: string; exists: boolean; tables: readonly string[]; topics: readonly string[] },
): { index: number; topics: readonly string[] } {
  const { name, exists, tables, topics } = service;
  const extinction = kept.modified(catalogTopics.extinction);
  // Nobody can miss a service that is gone: each last instance that goes moves the index of those that are not there.
  if (!exists && extinction > 0) {
    return { index: extinction, topics: [catalogTopics.instances(name), catalogTopics.extinction] };
  }
  const own = kept.modified(catalogTopics.service(name));
  if (own > 0) return { index: own, topics };
  // One that was never there wakes on every registration.
  return { index: latest(kept, tables), topics: ["services"] };
}

/** The last change of any of these. */
export function latest(topics: State["topics"], names: readonly string[]): number {
  return Math.max(...names.map((name) => topics.modified(name)));
}
