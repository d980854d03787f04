// Does the rotating pool cost throughput? Interleaved with a bare mysql2 pool on the same server, in one process.
//
//   node test/bench/rotating-pool.mjs [--check] [--pairs 30] [--ms 150] [--url mysql://user:password@host:port/database]
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { pathToFileURL } from "node:url";
import { createPool } from "@minicluster/mysql";
import mysql from "mysql2/promise";

/** What `--check` asks for: the median of the ratios, ours to bare. */
const bars = { throughput: 0.95, p99: 1.25 };

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

/**
 * @param {{ check?: boolean, pairs?: number, ms?: number, url?: string, print?: (line: string) => void }} [options]
 * @returns {Promise<{ ok: boolean, rows: object[] }>}
 */
export async function run({ check = false, pairs = 30, ms = 150, url, print = console.log } = {}) {
  const server = url ? fromUrl(url) : await startServer();
  try {
    return await measure({ server, check, pairs, ms, print });
  } finally {
    await server.close();
  }
}

/** @param {{ server: Awaited<ReturnType<typeof startServer>>, check: boolean, pairs: number, ms: number, print: (line: string) => void }} options */
async function measure({ server, check, pairs, ms, print }) {
  const { host, port, username, password, database } = server;
  const bare = mysql.createPool({ host, port, user: username, password, database, maxPreparedStatements: 200 });
  const ours = createPool({ credentials: { username, password }, address: { host, port }, database });
  try {
    const version = await prepare(bare);
    print(machine(version, pairs, ms));
    const rows = [];
    for (const [name, call] of Object.entries(work)) {
      for (const count of callers) rows.push(await compare({ name, call, count, bare, ours, pairs, ms }));
    }
    for (const row of rows) print(lineOf(row));
    const ok = rows.every((row) => row.throughput.median >= bars.throughput && row.p99.median <= bars.p99);
    if (check) print(ok ? "holds" : `does not hold: throughput >= ${bars.throughput}, p99 <= ${bars.p99}`);
    return { ok: ok || !check, rows };
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

/** @param {{ name: string, call: (pool: any, n: number) => Promise<unknown>, count: number, bare: any, ours: any, pairs: number, ms: number }} options */
async function compare({ name, call, count, bare, ours, pairs, ms }) {
  const throughput = [];
  const p99 = [];
  const p99s = { bare: [], ours: [] };
  for (const pool of [bare, ours, bare, ours]) await load(pool, call, count, ms);
  for (let pair = 0; pair < pairs; pair += 1) {
    // Who comes first takes turns: the second one runs on a warmer machine.
    const first = await load(pair % 2 ? ours : bare, call, count, ms);
    const second = await load(pair % 2 ? bare : ours, call, count, ms);
    const [a, b] = pair % 2 ? [first, second] : [second, first];
    throughput.push(a.perSecond / b.perSecond);
    p99.push(a.p99 / b.p99);
  }
  return { name, callers: count, throughput: spread(throughput), p99: spread(p99), ...p99s };
}

/** @param {any} pool @param {(pool: any, n: number) => Promise<unknown>} call @param {number} count @param {number} ms */
async function load(pool, call, count, ms) {
  const times = [];
  const start = performance.now();
  const end = start + ms;
  let number = 0;
  const caller = async () => {
    for (let now = performance.now(); now < end; ) {
      number += 1;
      await call(pool, number);
      const done = performance.now();
      times.push(done - now);
      now = done;
    }
  };
  await Promise.all(Array.from({ length: count }, caller));
  const took = performance.now() - start;
  times.sort((a, b) => a - b);
  return { perSecond: (times.length * 1_000) / took, p99: times[Math.floor(times.length * 0.99)] };
}

/** @param {number[]} ratios */
function spread(ratios) {
  const sorted = [...ratios].sort((a, b) => a - b);
  const at = (/** @type {number} */ share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { median: at(0.5), low: at(0.1), high: at(0.9) };
}

/** @param {any} row */
function lineOf({ name, callers: count, throughput, p99 }) {
  const show = (/** @type {any} */ { median, low, high }) =>
    `${median.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
  return `${`${name}, ${count} callers`.padEnd(26)} throughput ${show(throughput).padEnd(26)} p99 ${show(p99)}`;
}

/** @param {string} version @param {number} pairs @param {number} ms */
function machine(version, pairs, ms) {
  const require = createRequire(import.meta.url);
  const driver = JSON.parse(readFileSync(require.resolve("mysql2/package.json"), "utf8")).version;
  const [cpu] = cpus();
  return (
    `rotating pool / bare mysql2 pool: median ratio (10th to 90th percentile) of ${pairs} interleaved pairs of ${ms} ms\n` +
    `${cpus().length} x ${cpu?.model.trim()}, ${process.platform} ${process.arch}, Node ${process.version}, mysql2 ${driver}, ${version}`
  );
}

/** @param {string} url */
function fromUrl(url) {
  const { hostname, port, username, password, pathname } = new URL(url);
  const close = async () => {};
  return { host: hostname, port: Number(port || 3306), username, password, database: pathname.slice(1), close };
}

async function startServer() {
  const { startMariadb } = await import("@minicluster/servers");
  const maria = await startMariadb();
  const password = `bench-${Math.random().toString(36).slice(2)}`;
  await maria.admin("CREATE DATABASE bench");
  await maria.admin(`CREATE USER 'bench'@'%' IDENTIFIED BY '${password}'`);
  await maria.admin("GRANT ALL ON bench.* TO 'bench'@'%'");
  const { host, port } = maria;
  return { host, port, username: "bench", password, database: "bench", close: () => maria.close() };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { parseArgs } = await import("node:util");
  const { values } = parseArgs({
    options: {
      check: { type: "boolean" },
      pairs: { type: "string" },
      ms: { type: "string" },
      url: { type: "string" },
    },
  });
  const { check, pairs, ms, url } = values;
  const { ok } = await run({
    ...(check && { check }),
    ...(pairs && { pairs: Number(pairs) }),
    ...(ms && { ms: Number(ms) }),
    ...(url && { url }),
  });
  process.exitCode = ok ? 0 : 1;
}
