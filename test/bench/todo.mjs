// Does todo answer as many requests as the same handlers written by hand?
//
//   node test/bench/todo.mjs [--check] [--quick] [--pairs 30] [--ms 150]
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startDevCluster } from "@minicluster/devcluster";
import { Pool } from "undici";
import { separate } from "./cores.mjs";
import { compare } from "./interleaved.mjs";
import { packageVersion } from "./machine.mjs";
import { program } from "./program.mjs";
import { row } from "./row.mjs";
import { withServer } from "./with-server.mjs";

const callers = 10;
/** `--check` takes the bar itself: it is a ratio of one run. */
const bars = { throughput: { least: 0.95 } };
const ours = fileURLToPath(new URL("../../services/todo/bin/minicluster-todo.js", import.meta.url));
const byHand = fileURLToPath(new URL("todo-by-hand.mjs", import.meta.url));

/** @param {{ cluster: import("@minicluster/devcluster").DevCluster, pairs: number, sliceMs: number, warmUpMs: number }} options */
async function measure({ cluster, pairs, sliceMs, warmUpMs }) {
  const { mysql } = cluster;
  const password = `bench-${Math.random().toString(36).slice(2)}`;
  for (const sql of [
    "CREATE DATABASE byhand",
    `CREATE USER 'byhand'@'%' IDENTIFIED BY '${password}'`,
    "GRANT ALL ON byhand.* TO 'byhand'@'%'",
  ]) {
    await mysql.admin(sql);
  }
  const MYSQL_URL = `mysql://byhand:${password}@${mysql.host}:${mysql.port}/byhand`;
  const command = process.execPath;
  const a = await cluster.run("todo", { command, args: [ours] });
  const b = await cluster.run("todo", { command, args: [byHand], env: { MYSQL_URL } });
  const cores = separate({ apart: [a.pid, b.pid], beside: [mysql.pid] });
  const [one, other] = [client(a.address), client(b.address)];
  await Promise.all([one.ready(), other.ready()]);
  const before = [cpuMs(a.pid), cpuMs(b.pid)];
  const found = await compare({ ours: one.cycle, theirs: other.cycle, callers, pairs, sliceMs, warmUpMs });
  // Both had the same number of requests to answer.
  const [mine = 0, its = 0] = [a, b].map(({ pid }, index) => cpuMs(pid) - (before[index] ?? 0));
  await Promise.all([one.close(), other.close()]);
  // Every cycle has five requests.
  const perSecond = (/** @type {number} */ cycles) => ({ value: cycles * 5, unit: "/s" });
  const show = (/** @type {import("./spread.mjs").Spread} */ { median, low, high }) =>
    `${median.toFixed(3)} (${low.toFixed(3)}-${high.toFixed(3)})`;
  return {
    rows: [
      row({
        question: "todo against the same handlers by hand on Express and mysql2, requests",
        ours: perSecond(found.perSecond),
        peer: perSecond(found.theirs.perSecond),
        figure: found.throughput,
        bar: bars.throughput,
      }),
    ],
    runs: `median of ${pairs} interleaved pairs, ${callers} callers; POST, GET, GET of a page, PUT, DELETE in turn; ${cores}`,
    versions: [`MariaDB ${mysql.version ?? "of its own"}`, packageVersion("express"), packageVersion("mysql2")],
    details: [`p99 of the five together ${show(found.p99)}; CPU time of the servers ${(mine / its).toFixed(3)}`],
  };
}

/** What a process has used so far, from its 14th and 15th field of proc(5) in hundredths (Linux). @param {number | undefined} pid */
function cpuMs(pid) {
  const [, fields = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
  const [user, system] = fields.split(" ").slice(11, 13).map(Number);
  return ((user ?? 0) + (system ?? 0)) * 10;
}

/** Over as many connections as callers, one request at a time each. @param {string} address */
function client(address) {
  const pool = new Pool(address, { connections: callers, pipelining: 1 });
  /** @param {"GET" | "POST" | "PUT" | "DELETE"} method @param {string} path @param {object} [input] */
  const send = async (method, path, input) => {
    const answer = await pool.request({ method, path, body: input ? JSON.stringify(input) : null });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${text.slice(0, 200)}`);
    return text;
  };
  return {
    /** The life of one todo, so that there are never more than there are callers. @param {number} n */
    async cycle(n) {
      const { id } = JSON.parse(await send("POST", "/todo", { status: "new", content: `number ${n}` }));
      await send("GET", `/todo/${id}`);
      await send("GET", "/todo?limit=5");
      await send("PUT", `/todo/${id}`, { status: "done", content: `number ${n}, done` });
      await send("DELETE", `/todo/${id}`);
    },
    async ready() {
      const deadline = Date.now() + 20_000;
      for (;;) {
        try {
          return void (await send("GET", "/health"));
        } catch (error) {
          if (Date.now() > deadline) throw error;
          await new Promise((done) => setTimeout(done, 50));
        }
      }
    },
    close: () => pool.close(),
  };
}

await program({
  title: "Does todo answer as many requests as the same handlers written by hand?",
  options: { pairs: { type: "string" }, ms: { type: "string" } },
  measure: ({ quick, values: { pairs = quick ? 3 : 30, ms = quick ? 50 : 150 } }) =>
    withServer(startDevCluster({ services: ["todo"] }), (cluster) =>
      measure({ cluster, pairs: Number(pairs), sliceMs: Number(ms), warmUpMs: quick ? 200 : 2_000 }),
    ),
});
