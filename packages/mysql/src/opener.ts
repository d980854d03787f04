import { MysqlError } from "./errors.ts";
import { connectFault } from "./faults.ts";
import type { Generation } from "./generation.ts";
import { type ConnectionOwner, PooledConnection, place } from "./pooled-connection.ts";
import type { Settings } from "./settings.ts";
import type { Counters } from "./stats.ts";

/** Receives a connection that nobody has yet, or the reason why there is none. */
export type Opened = (error: unknown, connection?: PooledConnection) => void;

/** Opens connections of a generation, and notes on it how that went. */
export class Opener {
  readonly #settings: Settings;
  readonly #counters: Counters;
  readonly #owner: ConnectionOwner;

  constructor(options: { settings: Settings; counters: Counters; owner: ConnectionOwner }) {
    this.#settings = options.settings;
    this.#counters = options.counters;
    this.#owner = options.owner;
  }

  /** `ping`: it has answered a ping before it counts as open. `done` is never called at once. */
  open(options: { generation: Generation; ping?: boolean; done: Opened }): void {
    const { generation, ping = false, done } = options;
    const opened = (error: unknown): void => {
      if (error) {
        this.#failed(generation, error);
        done(error);
        return;
      }
      generation.gate.succeeded();
      generation.connecting -= 1;
      this.#counters.connectionsOpened += 1;
      // Whose it is, is decided by `done`.
      connection.status = "idle";
      done(undefined, connection);
    };
    let connection: PooledConnection;
    try {
      connection = new PooledConnection({
        generation,
        owner: this.#owner,
        connect: () => this.#settings.driver.createConnection(this.#connectOptions(generation)),
        opened: (error) => {
          if (error || !ping) return opened(error);
          connection.raw.ping((refusal) => {
            opened(refusal);
            if (refusal) connection.close();
          });
        },
      });
    } catch (cause) {
      const error = misconfigured(generation, cause);
      this.#failed(generation, error);
      queueMicrotask(() => done(error));
      return;
    }
    generation.connections.add(connection);
    generation.connecting += 1;
  }

  #failed(generation: Generation, error: unknown): void {
    const fault = connectFault(error);
    generation.gate.failed(fault);
    if (fault === "refused") this.#counters.connectsRefused += 1;
    else this.#counters.connectsFailed += 1;
  }

  #connectOptions({ key, ssl }: Generation): object {
    const { credentials, address } = key;
    return {
      ...this.#settings.connection,
      ...(ssl && { ssl }),
      host: address.host,
      port: address.port,
      user: credentials.username,
      password: credentials.password.reveal(),
      // The watchdog times it, on the pool's clock.
      connectTimeout: 0,
    };
  }
}

function misconfigured(generation: Generation, cause: unknown): MysqlError {
  return new MysqlError({
    code: "MYSQL_MISCONFIGURED",
    message: `${place(generation)}: mysql2 takes no connection with these options; check ssl, charset and flags`,
    cause,
  });
}
