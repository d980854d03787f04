import { EventEmitter } from "node:events";
import type { DriverConnection } from "./driver.ts";
import type { RotatingPool } from "./pool.ts";

/** What Sequelize takes in place of mysql2, and how its own pool lets go of connections of an older generation. */
export interface SequelizeOptions {
  dialectModule: object;
  validate: (connection: object) => boolean;
}

/**
 * Options that make Sequelize borrow its connections from the pool. Sequelize keeps a pool of its own and lends a connection
 * again only while it is of the generation that serves; keep its `pool.max` at the pool's `connectionLimit` or below. It
 * sets the time zone of each session, so give it a rotating pool of its own, with `flags: ["-FOUND_ROWS"]` as it expects.
 *
 * @example
 * const { dialectModule, validate } = sequelizeOptions(pool);
 * const sequelize = new Sequelize({ dialect: "mysql", dialectModule, pool: { max: 10, validate } });
 */
export function sequelizeOptions(pool: RotatingPool): SequelizeOptions {
  return {
    dialectModule: { createConnection: (options: ConnectionSettings) => borrowLater(pool, options) },
    validate: (connection) => {
      const raw = borrowed.get(connection);
      return raw !== undefined && pool.isCurrent(raw) && !raw.stream.destroyed;
    },
  };
}

/** How Sequelize wants values; the borrowed connection has it for as long as it is borrowed. */
interface ConnectionSettings {
  typeCast?: unknown;
  timezone?: unknown;
  supportBigNumbers?: unknown;
  bigNumberStrings?: unknown;
}

const borrowed: WeakMap<object, DriverConnection> = new WeakMap();

/** Listeners stay with the borrower: the connection serves others after it. */
const ofEmitter: ReadonlySet<PropertyKey> = new Set([
  "addListener",
  "emit",
  "listenerCount",
  "off",
  "on",
  "once",
  "removeAllListeners",
  "removeListener",
]);

/** A connection that is there at once, as Sequelize wants it, and becomes the borrowed one with the event "connect". */
function borrowLater(pool: RotatingPool, options: ConnectionSettings): object {
  const emitter = new EventEmitter();
  let raw: DriverConnection | undefined;
  let giveBack = (): void => {};
  const end = (callback?: () => void): void => {
    giveBack();
    callback?.();
  };
  const proxy = new Proxy(emitter, {
    get: (target, name) => {
      if (name === "end") return end;
      // What Sequelize writes onto its connection stays with the borrower too.
      const from: object = raw && !ofEmitter.has(name) && !Object.hasOwn(target, name) ? raw : target;
      const value: unknown = Reflect.get(from, name, from);
      return typeof value === "function" ? value.bind(from) : value;
    },
  });
  const failed = (error: unknown): void => {
    if (emitter.listenerCount("error") > 0) emitter.emit("error", error);
  };
  const face = pool.pool as unknown as {
    getConnection(callback: (error: unknown, connection?: DriverConnection) => void): void;
  };
  face.getConnection((error, connection) => {
    if (!connection) {
      failed(error);
      return;
    }
    raw = connection;
    borrowed.set(proxy, connection);
    connection.on("error", failed);
    const restore = lend(connection, options);
    giveBack = () => {
      giveBack = () => {};
      connection.off("error", failed);
      restore();
      connection.release?.();
    };
    emitter.emit("connect");
  });
  return proxy;
}

function lend(connection: DriverConnection, options: ConnectionSettings): () => void {
  const config = connection.config as ConnectionSettings;
  const { typeCast, timezone, supportBigNumbers, bigNumberStrings } = config;
  const { typeCast: cast = typeCast, timezone: zone = timezone } = options;
  const { supportBigNumbers: big = supportBigNumbers, bigNumberStrings: strings = bigNumberStrings } = options;
  Object.assign(config, { typeCast: cast, timezone: zone, supportBigNumbers: big, bigNumberStrings: strings });
  return () => void Object.assign(config, { typeCast, timezone, supportBigNumbers, bigNumberStrings });
}
