// Starts and closes clusters one after the other, each tenth (or all) with MariaDB, and then ends by itself.
// Prints one JSON line: what was there before the first but one, and what is left after the last.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { startDevCluster } from "@minicluster/devcluster";

const [count = 100, every = 10] = process.argv.slice(2).map(Number);

/** What the kernel and node know of this process. Pipes are counted alone: standard streams are some. */
function held() {
  const targets = readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return []; // The directory itself, which is closed by now.
    }
  });
  const kind = (/** @type {string} */ name) => targets.filter((target) => target.startsWith(name)).length;
  return {
    sockets: kind("socket:"),
    pipes: kind("pipe:"),
    files: targets.filter((target) => target.startsWith("/") && !target.startsWith("/dev/")).length,
    children: readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ").filter(Boolean).length,
    resources: process.getActiveResourcesInfo().filter((name) => !["TTYWrap", "PipeWrap"].includes(name)),
    temporary: readdirSync(tmpdir()),
  };
}

/** A socket that was closed, or a child that was killed, is gone a few turns later. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 300));

/** @param {number} index */
async function cycle(index) {
  /** @type {import("@minicluster/devcluster").DevClusterOptions} */
  const options = { engine: "embedded", ...(index % every === 0 ? {} : { mysql: false }) };
  const cluster = await startDevCluster(options);
  cluster.env("todo");
  await cluster.close();
}

// The first loads what is loaded once.
await cycle(0);
await settled();
const before = held();
const started = performance.now();
for (let index = 1; index <= count; index += 1) await cycle(index);
const ms = Math.round((performance.now() - started) / count);
await settled();
const rssMb = Math.round(process.memoryUsage().rss / 1e6);
console.log(JSON.stringify({ count, withMysql: Math.floor(count / every), ms, rssMb, before, after: held() }));
