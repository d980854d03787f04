// How much memory does a service need more when it joins the cluster, than with Express and mysql2 alone?
//
//   node test/bench/memory.mjs [--check] [--quick] [--runs 7]
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { clusterProcess } from "./cluster-process.mjs";
import { packageVersion } from "./machine.mjs";
import { program } from "./program.mjs";
import { row } from "./row.mjs";
import { median, spread } from "./spread.mjs";
import { withServer } from "./with-server.mjs";

const bar = { most: 25 };
const service = fileURLToPath(new URL("memory-service.mjs", import.meta.url));

/** @typedef {{ rss: number, heap: number, external: number }} Memory in MB, after collecting garbage */

/** @param {{ cluster: import("./cluster-process.mjs").Place, runs: number }} options */
async function measure({ cluster, runs }) {
  /** @type {{ joined: Memory, alone: Memory }[]} */
  const taken = [];
  for (let n = 0; n < runs; n += 1) {
    const [joined, alone] = [await memoryOf("joined", cluster), await memoryOf("alone", cluster)];
    taken.push({ joined, alone });
  }
  const of = (/** @type {"joined" | "alone"} */ side, /** @type {keyof Memory} */ name) =>
    taken.map((pair) => pair[side][name]);
  const against = (/** @type {string} */ question, /** @type {keyof Memory} */ name) =>
    row({
      question,
      ours: { value: median(of("joined", name)), unit: "MB" },
      peer: { value: median(of("alone", name)), unit: "MB" },
      figure: spread(taken.map(({ joined, alone }) => joined[name] - alone[name])),
      unit: "MB more",
      bar,
    });
  return {
    rows: [
      against("memory of a joined service beyond Express and mysql2 alone, resident", "rss"),
      against("the same, JavaScript heap", "heap"),
    ],
    runs: `median of ${runs} pairs of processes, each after 200 queries, announcing, watching a service, and collecting garbage`,
    versions: [`MariaDB ${cluster.version}`, packageVersion("express"), packageVersion("mysql2")],
    details: [
      `buffers outside of the heap: ${(median(of("joined", "external")) - median(of("alone", "external"))).toFixed(1)} MB more`,
    ],
  };
}

/** @param {"joined" | "alone"} kind @param {import("./cluster-process.mjs").Place} cluster @returns {Promise<Memory>} */
async function memoryOf(kind, { env, mysqlUrl }) {
  const child = spawn(process.execPath, ["--expose-gc", service, kind], {
    env: { ...process.env, ...env, MYSQL_URL: mysqlUrl },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  for await (const chunk of child.stdout) text += chunk;
  return JSON.parse(text);
}

await program({
  title: "How much memory does a service need more when it joins the cluster?",
  options: { runs: { type: "string" } },
  measure: ({ quick, values: { runs = quick ? 1 : 7 } }) =>
    withServer(clusterProcess(), (cluster) => measure({ cluster, runs: Number(runs) })),
});
