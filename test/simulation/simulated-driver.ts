import mysql2, { type Connection, type ConnectionOptions } from "mysql2";
import { type LinkOptions, NetworkLink } from "./network-link.ts";
import type { SimulatedMysql } from "./simulated-mysql.ts";

/** The module mysql2, over connections in memory instead of sockets: all that it does with what comes is its own. */
export function simulatedDriver(
  mysql: SimulatedMysql,
  link: Omit<LinkOptions, "accept">,
): Omit<typeof mysql2, "createConnection"> & { createConnection: (options: ConnectionOptions) => Connection } {
  const createConnection = (options: ConnectionOptions): Connection =>
    mysql2.createConnection({
      ...options,
      // Its own would be a timer of the machine's clock.
      connectTimeout: 0,
      stream: () => new NetworkLink({ ...link, accept: (end) => mysql.accept(Number(options.port), end) }),
    });
  return { ...mysql2, createConnection };
}
