import type { Clock } from "@minicluster/core";
import type { Address } from "./address.ts";
import { ConnectGate } from "./connect-gate.ts";
import { type Credentials, sameAccount } from "./credentials.ts";
import type { MysqlError } from "./errors.ts";
import type { PooledConnection } from "./pooled-connection.ts";
import type { TlsIdentity } from "./tls.ts";

/** What a generation is made from; another account, address or identity is another generation. */
export interface GenerationKey {
  readonly credentials: Credentials;
  readonly address: Address;
  readonly tls: TlsIdentity | undefined;
}

export function sameKey(one: GenerationKey, other: GenerationKey): boolean {
  return (
    sameAccount(one.credentials, other.credentials) &&
    one.address.host === other.address.host &&
    one.address.port === other.address.port &&
    one.tls?.id === other.tls?.id
  );
}

/** The connections of one account to one address. */
export class Generation {
  readonly id: number;
  readonly key: GenerationKey;
  readonly gate: ConnectGate;
  /** One object a generation: mysql2 keeps the TLS context it builds by this object. */
  readonly ssl: object | undefined;
  /** All that are open, opening or closing: what MySQL may count. */
  readonly connections: Set<PooledConnection> = new Set();
  /** Unused ones; the last one used is taken first. */
  readonly idle: PooledConnection[] = [];
  /** Borrowed ones. */
  busy = 0;
  /** Ones that are opening. */
  connecting = 0;
  /** Superseded: its borrowers finish, nobody else comes. */
  retired = false;
  /** Why it can't open connections now; undefined when it can. */
  trouble: MysqlError | undefined;

  constructor(options: { id: number; key: GenerationKey; clock: Clock; random: () => number }) {
    this.id = options.id;
    this.key = options.key;
    this.ssl = options.key.tls && { ...options.key.tls.ssl };
    this.gate = new ConnectGate(options);
  }

  /** Whether a connection of it is known to work. */
  get alive(): boolean {
    return this.busy > 0 || this.idle.length > 0;
  }

  /** Takes a connection out of the unused ones. */
  unidle(connection: PooledConnection): void {
    const index = this.idle.indexOf(connection);
    if (index >= 0) this.idle.splice(index, 1);
  }

  /** Closes what nobody has borrowed. */
  closeUnused(): void {
    for (const connection of [...this.connections]) {
      if (connection.status === "idle" || connection.status === "connecting") connection.close();
    }
  }
}
