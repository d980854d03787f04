/** A mount's part of the storage: JSON values by key, as a directory tree (`role/todo`). */
export interface EngineStorage {
  get<T>(key: string): Promise<T | undefined>;
  put(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<void>;
  /** The names right below a prefix that ends with a slash (or ""), sorted; a folder ends with a slash. */
  list(prefix: string): Promise<string[]>;
}
