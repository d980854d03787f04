import { expect, test } from "vitest";
import { createPool, type PoolOptions } from "../src/index.ts";

const good = { credentials: { username: "u", password: "p" }, address: { host: "h", port: 1 }, database: "d" };

test.each<[string, object, RegExp]>([
  ["no credentials", { credentials: undefined }, /^credentials: must be/],
  ["credentials without a password", { credentials: { username: "u" } }, /^credentials: must be/],
  ["no address", { address: undefined }, /^address: must be/],
  ["an address without a port", { address: { host: "h" } }, /^address: must be/],
  ["no database", { database: "" }, /^database: must name/],
  ["a limit of 0", { connectionLimit: 0 }, /^connectionLimit: .* 1 or more/],
  ["a negative queue", { queueLimit: -1 }, /^queueLimit: /],
  ["half a prepared statement", { maxPreparedStatements: 0.5 }, /^maxPreparedStatements: /],
  ["a wrong duration", { acquireTimeout: "soon" }, /^acquireTimeout: "soon" is not a duration/],
  ["mysql2's user", { user: "u" }, /^user: give credentials/],
  ["mysql2's host", { host: "h" }, /^host: give address/],
  ["an unknown option", { connectonLimit: 3 }, /^connectonLimit: is no option/],
  ["ssl beside tls", { tls: { id: "1", ssl: {} }, ssl: {} }, /^tls: can't be given together/],
  ["a driver without what is needed", { driver: { createConnection: () => ({}) } }, /^driver: it has no createQuery/],
])("%s is one clear error", (_, options, message) => {
  expect(() => createPool({ ...good, ...options } as PoolOptions)).toThrow(message);
});
