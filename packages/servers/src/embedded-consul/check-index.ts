import type { CatalogCheck } from "./catalog-entry.ts";
import { inOrder } from "./catalog-entry.ts";

/** Checks, found by their status and by the name of their service. */
export class CheckIndex {
  readonly #statuses = new Map<string, Map<string, CatalogCheck>>();
  readonly #services = new Map<string, Map<string, CatalogCheck>>();

  ofStatus(status: string): CatalogCheck[] {
    return inOrder(this.#statuses.get(status) ?? []);
  }

  ofService(name: string): CatalogCheck[] {
    return inOrder(this.#services.get(name.toLowerCase()) ?? []);
  }

  put(check: CatalogCheck): void {
    const key = keyOf(check.Node, check.CheckID);
    insert(this.#statuses, check.Status, key, check);
    if (check.ServiceName !== "") insert(this.#services, check.ServiceName.toLowerCase(), key, check);
  }

  take(check: CatalogCheck): void {
    const key = keyOf(check.Node, check.CheckID);
    remove(this.#statuses, check.Status, key);
    remove(this.#services, check.ServiceName.toLowerCase(), key);
  }
}

/** The key of something on a node, whatever its case. */
export function keyOf(node: string, id: string): string {
  return `${node.toLowerCase()}\0${id.toLowerCase()}`;
}

function insert<T>(table: Map<string, Map<string, T>>, name: string, key: string, value: T): void {
  const entries = table.get(name) ?? new Map<string, T>();
  table.set(name, entries.set(key, value));
}

function remove<T>(table: Map<string, Map<string, T>>, name: string, key: string): void {
  const entries = table.get(name);
  if (entries?.delete(key) && entries.size === 0) table.delete(name);
}
