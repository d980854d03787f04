// A development cluster in a process of its own, so that what is measured shares no event loop with embedded servers.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** @typedef {{ env: Record<string, string>, mysqlUrl: string, version: string, pids: number[] }} Place */

/**
 * @param {{ engine?: "embedded" | "real" }} [options]
 * @returns {Promise<Place & { close: () => Promise<void> }>} `env` of one instance of todo; `mysqlUrl` of an account without
 *   Vault that may do everything in the same database
 */
export async function clusterProcess({ engine = "embedded" } = {}) {
  const child = fork(fileURLToPath(import.meta.url), [engine], { execArgv: [] });
  const closed = once(child, "exit");
  const [place] = await Promise.race([once(child, "message"), closed]);
  if (typeof place !== "object" || place === null) throw new Error("the cluster did not start; see above");
  return {
    .../** @type {Place} */ (place),
    async close() {
      child.disconnect();
      await closed;
    },
  };
}

async function serve() {
  const { startDevCluster } = await import("@minicluster/devcluster");
  const engine = process.argv[2] === "real" ? "real" : "embedded";
  const cluster = await startDevCluster({ services: ["todo"], engine });
  const { host, port, version, pid } = cluster.mysql;
  const password = `bench-${Math.random().toString(36).slice(2)}`;
  await cluster.mysql.admin(`CREATE USER 'byhand'@'%' IDENTIFIED BY '${password}'`);
  await cluster.mysql.admin("GRANT ALL ON todo.* TO 'byhand'@'%'");
  process.once("disconnect", () => void cluster.close());
  const pids = [process.pid, ...(pid ? [pid] : [])];
  process.send?.({
    env: cluster.env("todo"),
    mysqlUrl: `mysql://byhand:${password}@${host}:${port}/todo`,
    version,
    pids,
  });
}

if (process.send && process.argv[1] === fileURLToPath(import.meta.url)) await serve();
