import type { LogicalAnswer, LogicalRequest } from "./logical.ts";

/** A logical request on its way to a mount: its path from there on. */
export interface RoutedRequest extends LogicalRequest {
  /** Below the mount; ends with a slash for a list. */
  readonly below: string;
  /** What the caller's token says; undefined for a login. */
  readonly caller: Caller | undefined;
}

/** Whose token it is, for a backend. */
export interface Caller {
  readonly id: string;
  readonly accessor: string;
  readonly displayName: string;
  readonly policies: readonly string[];
  /** May do what only `sudo` allows on the path that is asked for. */
  readonly sudo: boolean;
}

/** What stands behind a mount: Vault's own parts (`sys/`, `auth/token/`, `cubbyhole/`), and engines. */
export interface Backend {
  /** @throws VaultFailure; undefined is 404 for a read or list and 204 for the rest */
  handle(request: RoutedRequest): Promise<LogicalAnswer | undefined>;
  /** Whether a path below the mount needs no token. */
  open(below: string): boolean;
  /** Whether it wants `sudo`. */
  root(below: string): boolean;
  /** Whether something is there, so that a write is an update; undefined: writes are always updates. */
  exists(request: LogicalRequest, below: string): Promise<boolean | undefined>;
  close(): Promise<void>;
}
