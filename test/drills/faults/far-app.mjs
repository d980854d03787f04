// A service with a pool that another process uses: it joins by its environment, and does what it is told over IPC.
import { Cluster } from "@minicluster/sdk";

const app = await Cluster.join();
/** @type {import("@minicluster/sdk").RotatingPool} */
let pool;
/** @type {Map<number, import("mysql2/promise").PoolConnection>} */
const held = new Map();
let borrowed = 0;

/** @type {Record<string, (...args: any[]) => unknown>} */
const calls = {
  mysql: (options) => {
    pool = app.mysql(options);
  },
  ready: (options) => app.ready(options),
  query: async (...args) => (await pool.query(...args))[0],
  execute: async (...args) => (await pool.execute(...args))[0],
  getConnection: async () => {
    const connection = await pool.getConnection();
    borrowed += 1;
    held.set(borrowed, connection);
    return borrowed;
  },
  /** One call on a held connection. */
  held: async (number, name, ...args) => (await held.get(number)?.[name](...args))?.[0],
  release: (number) => {
    held.get(number)?.release();
    held.delete(number);
  },
  leave: () => app.leave(),
};

const forwarded = ["credentials.renewed", "credentials.rotated", "credentials.expired", "vault.token", "mysql.address"];
for (const name of forwarded) app.events.on(name, (event) => send({ event: name, value: event }));

process.on("message", async ({ id, call, args }) => {
  try {
    send({ id, value: await calls[call](...args) });
  } catch (error) {
    const { name, message, code, errno, kind, sent } = error;
    send({ id, error: { name, message, code, errno, kind, sent } });
  }
  if (call === "leave") process.disconnect();
});
// Nobody is left to ask.
process.once("disconnect", () => process.exit());
setInterval(() => send({ health: app.health() }), 50);
send({ health: app.health() });

function send(message) {
  if (process.connected) process.send(message);
}
