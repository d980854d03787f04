// Joins, uses every part once, leaves, and must then end by itself. Prints one JSON line.
import { createServer } from "node:http";
import { Cluster } from "@minicluster/sdk";

const cluster = await Cluster.join();
const pool = cluster.mysql({ credentials: process.env.MYSQL_CREDENTIALS ?? "", database: "todo" });
const server = createServer((_request, response) => response.end("ok"));
await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
await cluster.announce({ service: "leaver", address: "127.0.0.1", port, check: { http: "/", interval: "1s" } });
await cluster.ready({ timeout: "20s" });
const [rows] = await pool.query("SELECT 1 AS one");
const leaver = cluster.service("leaver");
// The agent has to ask once before the instance passes.
const watch = leaver.watch();
await watch.available({ signal: AbortSignal.timeout(10_000) });
watch.close();
const response = await leaver.fetch("/");
const text = await response.text();
await cluster.leave();
// The program's own server, which Consul's check keeps a connection to.
await new Promise((resolve) => {
  server.close(resolve);
  server.closeAllConnections();
});
// A socket that was closed is gone a few turns later.
await new Promise((resolve) => setTimeout(resolve, 50));
const left = process.getActiveResourcesInfo().filter((name) => !["TTYWrap", "PipeWrap"].includes(name));
console.log(JSON.stringify({ rows, text, left }));
