// Starts an embedded cluster on the MySQL of MYSQL_ADMIN_URL, twice, and prints how long that took and what it weighs.
import { startDevCluster } from "@minicluster/devcluster";
import "mysql2/promise";

const resident = () => {
  globalThis.gc?.();
  return process.memoryUsage().rss / 1_048_576;
};

const options = { engine: /** @type {const} */ ("embedded"), mysql: { url: process.env.MYSQL_ADMIN_URL ?? "" } };
const before = resident();
const cpu = process.cpuUsage();
const started = performance.now();
const first = await startDevCluster(options);
const startMs = performance.now() - started;
const used = process.cpuUsage(cpu);
const cpuMs = (used.user + used.system) / 1_000;
const addedMb = resident() - before;
await first.close();
const again = performance.now();
const second = await startDevCluster(options);
const againMs = performance.now() - again;
await second.close();
console.log(JSON.stringify({ startMs, cpuMs, againMs, addedMb }));
