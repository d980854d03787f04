// A service of one route over MySQL, "joined" or "alone", that says how much memory it takes and ends.
import { setTimeout as pause } from "node:timers/promises";
import express from "express";

const { MYSQL_URL = "", MYSQL_CREDENTIALS = "", MYSQL_DATABASE = "" } = process.env;

/** Loads nothing that the other one has not. @returns {Promise<{ db: import("mysql2/promise").Pool, announce: (port: number) => Promise<void>, end: () => Promise<void> }>} */
async function joined() {
  const { Cluster } = await import("@minicluster/sdk");
  const cluster = await Cluster.join();
  const db = cluster.mysql({ credentials: MYSQL_CREDENTIALS, database: MYSQL_DATABASE });
  const announce = async (/** @type {number} */ port) => {
    await cluster.announce({ service: "hello", address: "127.0.0.1", port, check: { http: "/", interval: "5s" } });
    await cluster.ready();
    await cluster.service("mysql").resolve();
  };
  return { db, announce, end: () => cluster.leave() };
}

/** @returns {ReturnType<typeof joined>} */
async function alone() {
  const { default: mysql } = await import("mysql2/promise");
  const db = mysql.createPool({ uri: MYSQL_URL, connectionLimit: 10 });
  return { db, announce: async () => {}, end: () => db.end() };
}

const { db, announce, end } = await (process.argv[2] === "joined" ? joined() : alone());
const app = express();
app.get("/", async (_request, response) => {
  const [rows] = await db.query("SELECT 1 AS one");
  response.json(rows);
});
const server = app.listen(0, "127.0.0.1", async () => {
  const address = server.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  await announce(port);
  // As many at once as the pool has connections.
  for (let n = 0; n < 20; n += 1) {
    await Promise.all(
      Array.from({ length: 10 }, () => fetch(`http://127.0.0.1:${port}/`).then((answer) => answer.text())),
    );
  }
  for (let n = 0; n < 3; n += 1) {
    globalThis.gc?.();
    await pause(100);
  }
  const { rss, heapUsed, external } = process.memoryUsage();
  const [megabytes, heap, outside] = [rss, heapUsed, external].map((bytes) => bytes / 2 ** 20);
  console.log(JSON.stringify({ rss: megabytes, heap, external: outside }));
  server.close();
  server.closeAllConnections();
  await end();
});
