// Does the rotating pool cost throughput? Interleaved with a bare mysql2 pool on the same server, in one process.
//
//   node test/bench/rotating-pool.mjs [--check] [--quick] [--pairs 40] [--ms 40] [--url mysql://user:password@host:port/database]
import { createPool } from "@minicluster/mysql";
import mysql from "mysql2/promise";
import { separate } from "./cores.mjs";
import { compare } from "./interleaved.mjs";
import { packageVersion } from "./machine.mjs";
import { program } from "./program.mjs";
import { row, worst } from "./row.mjs";

const bars = {
  throughput: { bar: { least: 0.98 }, check: { least: 0.95, of: /** @type {const} */ ("low") } },
  p99: { bar: { most: 1.1 }, check: { most: 1.25 } },
};

/** @type {Record<string, (pool: import("mysql2/promise").Pool, n: number) => Promise<unknown>>} */
const work = {
  query: (pool, n) => pool.query("SELECT id, n FROM bench WHERE id = ?", [n % 1_000]),
  execute: (pool, n) => pool.execute("SELECT id, n FROM bench WHERE id = ?", [n % 1_000]),
  async transaction(pool, n) {
    const connection = await pool.getConnection();
    try {
      await connection.beginTransaction();
      await connection.query("UPDATE bench SET n = n + 1 WHERE id = ?", [(n * 7) % 1_000]);
      await connection.commit();
    } finally {
      connection.release();
    }
  },
};
const callers = [1, 10, 100];

/** @param {{ server: Awaited<ReturnType<typeof startServer>>, pairs: number, sliceMs: number, warmUpMs: number }} options */
async function measure({ server, pairs, sliceMs, warmUpMs }) {
  const { host, port, username, password, database } = server;
  const bare = mysql.createPool({ host, port, user: username, password, database, maxPreparedStatements: 200 });
  const ours = createPool({ credentials: { username, password }, address: { host, port }, database });
  try {
    const version = await prepare(bare);
    const cores = separate({ apart: [server.pid] });
    const [throughput, p99, details] = [[], [], []];
    for (const [name, call] of Object.entries(work)) {
      for (const count of callers) {
        const [a, b] = [ours, bare].map((pool) => (/** @type {number} */ n) => call(pool, n));
        const found = await compare({ ours: a, theirs: b, callers: count, pairs, sliceMs, warmUpMs });
        const of = `${name}, ${count} ${count === 1 ? "caller" : "callers"}`;
        details.push(lineOf(of, found));
        const perSecond = {
          ours: { value: found.perSecond, unit: "/s" },
          peer: { value: found.theirs.perSecond, unit: "/s" },
        };
        throughput.push({ of, ...row({ question: "", ...perSecond, figure: found.throughput, ...bars.throughput }) });
        const times = { ours: { value: found.p99Ms, unit: "ms" }, peer: { value: found.theirs.p99Ms, unit: "ms" } };
        p99.push({ of, ...row({ question: "", ...times, figure: found.p99, ...bars.p99 }) });
      }
    }
    return {
      rows: [worst("rotating pool against a bare mysql2 pool, throughput", throughput), worst("the same, p99", p99)],
      runs: `median of ${pairs} interleaved pairs each; ${cores}`,
      versions: [`MariaDB ${version}`, packageVersion("mysql2")],
      details,
    };
  } finally {
    await bare.end();
    await ours.end();
  }
}

/** @param {import("mysql2/promise").Pool} pool */
async function prepare(pool) {
  await pool.query("CREATE TABLE IF NOT EXISTS bench (id INT PRIMARY KEY, n INT NOT NULL)");
  const rows = Array.from({ length: 1_000 }, (_, id) => [id, 0]);
  await pool.query("REPLACE INTO bench (id, n) VALUES ?", [rows]);
  const [[row]] = /** @type {any} */ (await pool.query("SELECT VERSION() AS version"));
  return row.version;
}

/** @param {string} of @param {import("./interleaved.mjs").Comparison} found */
function lineOf(of, { throughput, p99, cpu, garbage, perSecond, cpuUs }) {
  const show = (/** @type {import("./spread.mjs").Spread} */ { median, low, high }) =>
    `${median.toFixed(3)} (${low.toFixed(3)}-${high.toFixed(3)})`;
  return [
    of.padEnd(24),
    `throughput ${show(throughput)}`,
    `p99 ${show(p99)}`,
    `CPU ${show(cpu)}`,
    `garbage ${garbage.toFixed(2)}`,
    `${Math.round(perSecond)}/s`,
    `${cpuUs.toFixed(1)} us`,
  ].join("  ");
}

/** @param {string} url */
function fromUrl(url) {
  const { hostname, port, username, password, pathname } = new URL(url);
  const close = async () => {};
  return {
    host: hostname,
    port: Number(port || 3306),
    username,
    password,
    database: pathname.slice(1),
    pid: undefined,
    close,
  };
}

async function startServer() {
  const { startMariadb } = await import("@minicluster/servers");
  const maria = await startMariadb();
  const password = `bench-${Math.random().toString(36).slice(2)}`;
  await maria.admin("CREATE DATABASE bench");
  await maria.admin(`CREATE USER 'bench'@'%' IDENTIFIED BY '${password}'`);
  await maria.admin("GRANT ALL ON bench.* TO 'bench'@'%'");
  const { host, port, pid } = maria;
  return { host, port, username: "bench", password, database: "bench", pid, close: () => maria.close() };
}

await program({
  title: "Does the rotating pool cost throughput against a bare mysql2 pool?",
  options: { pairs: { type: "string" }, ms: { type: "string" }, url: { type: "string" } },
  async measure({ quick, values: { pairs = quick ? 2 : 40, ms = quick ? 20 : 40, url } }) {
    const server = url ? fromUrl(String(url)) : await startServer();
    try {
      return await measure({ server, pairs: Number(pairs), sliceMs: Number(ms), warmUpMs: quick ? 100 : 1_500 });
    } finally {
      await server.close();
    }
  },
});
