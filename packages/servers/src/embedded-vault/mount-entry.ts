import { randomBytes } from "node:crypto";

/** The two tables of mounts: secrets engines below the root, auth methods below `auth/`. */
export type MountTableName = "mounts" | "auth";

export interface MountConfig {
  /** 0: the system's. Milliseconds. */
  defaultTtlMs: number;
  maxTtlMs: number;
  forceNoCache: boolean;
  auditNonHmacRequestKeys?: readonly string[] | undefined;
  auditNonHmacResponseKeys?: readonly string[] | undefined;
  listingVisibility?: string | undefined;
  passthroughRequestHeaders?: readonly string[] | undefined;
  allowedResponseHeaders?: readonly string[] | undefined;
  tokenType?: string | undefined;
}

/** One mount, as it is stored. */
export interface MountEntry {
  readonly table: MountTableName;
  /** With its trailing slash, without `auth/`: `mysql/`, `approle/`. */
  readonly path: string;
  readonly type: string;
  description: string;
  readonly accessor: string;
  readonly uuid: string;
  config: MountConfig;
  options: Readonly<Record<string, string>> | null;
  readonly local: boolean;
  readonly sealWrap: boolean;
}

/** The whole path of a mount: `auth/approle/`. */
export function fullPathOf({ table, path }: Pick<MountEntry, "table" | "path">): string {
  return table === "auth" ? `auth/${path}` : path;
}

export function newAccessor(table: MountTableName, type: string): string {
  return `${table === "auth" ? "auth_" : ""}${type}_${randomBytes(4).toString("hex")}`;
}

/** The system's own lives of tokens and leases: 32 days. */
export const systemTtlMs: number = 768 * 3_600_000;

/** The lives that hold for a mount: its own, else the system's. */
export function livesOf({ config }: MountEntry): { defaultTtlMs: number; maxTtlMs: number } {
  return { defaultTtlMs: config.defaultTtlMs || systemTtlMs, maxTtlMs: config.maxTtlMs || systemTtlMs };
}
