import type { Freshness } from "@minicluster/core";
import { Secret } from "@minicluster/core";
import { MysqlError } from "./errors.ts";

/** A user name and its password, with the name they go by. */
export interface Credentials {
  /** The lease's id, or a digest; printable. */
  readonly id: string;
  readonly username: string;
  readonly password: Secret;
}

/** Credentials that somebody keeps fresh; what the pool needs of them. */
export interface CredentialsSource {
  /** The last good ones, perhaps past their lease; undefined before the first. */
  readonly current: Credentials | undefined;
  readonly state: Freshness;
  ready(options?: { signal?: AbortSignal | undefined }): Promise<Credentials>;
  /**
   * MySQL refused `rejected`: new ones. Single-flight; if `rejected` was replaced already, the current ones at once;
   * issuing stays bounded.
   */
  rotate(options: { rejected: Credentials; reason: string; signal?: AbortSignal | undefined }): Promise<Credentials>;
  /** Returns a function that takes the listener off again. */
  onRotated(listener: (event: { current: Credentials; previous: Credentials | undefined }) => void): () => void;
  /** Milliseconds until the account may be dropped (its lease's end); negative when past. */
  remainingMs(credentials: Credentials): number;
  /** No connection uses these any more: revoke. Never rejects. */
  release(credentials: Credentials): Promise<void>;
}

export interface StaticCredentials {
  username: string;
  password: string | Secret;
}

/** Credentials that never change: for development, or a server without Vault. */
export function staticCredentials(options: StaticCredentials): CredentialsSource {
  const { username } = options;
  const current: Credentials = { id: `static:${username}`, username, password: Secret.of(options.password) };
  return {
    current,
    state: "fresh",
    ready: async () => current,
    rotate: async () => {
      throw new MysqlError({
        code: "MYSQL_REFUSED",
        message: `MySQL refuses ${username}, whose password is a fixed setting; correct it, or the account`,
      });
    },
    onRotated: () => () => {},
    remainingMs: () => Number.POSITIVE_INFINITY,
    release: async () => {},
  };
}

/** Whether both open the same account with the same password. */
export function sameAccount(one: Credentials, other: Credentials): boolean {
  return (
    one === other || (one.id === other.id && one.username === other.username && one.password.equals(other.password))
  );
}
