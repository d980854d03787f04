// Does the rotating pool cost throughput? Interleaved with a bare mysql2 pool on the same server, in one process.
//
//   node test/bench/rotating-pool.mjs [--check] [--pairs 40] [--ms 40] [--url mysql://user:password@host:port/database]
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { pathToFileURL } from "node:url";
import { createPool } from "@minicluster/mysql";
import mysql from "mysql2/promise";
import { separate } from "./cores.mjs";
import { compare } from "./interleaved.mjs";

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
export async function run({ check = false, pairs = 40, ms = 40, url, print = console.log } = {}) {
  const server = url ? fromUrl(url) : await startServer();
  try {
    return await measure({ server, check, pairs, sliceMs: ms, print });
  } finally {
    await server.close();
  }
}

/** @param {{ server: Awaited<ReturnType<typeof startServer>>, check: boolean, pairs: number, sliceMs: number, print: (line: string) => void }} options */
async function measure({ server, check, pairs, sliceMs, print }) {
  const { host, port, username, password, database } = server;
  const bare = mysql.createPool({ host, port, user: username, password, database, maxPreparedStatements: 200 });
  const ours = createPool({ credentials: { username, password }, address: { host, port }, database });
  try {
    const version = await prepare(bare);
    print(
      `rotating pool / bare mysql2 pool: median of ${pairs} interleaved pairs (95 % confidence interval of the median)`,
    );
    print(machine(version, separate(server.pid)));
    const rows = [];
    for (const [name, call] of Object.entries(work)) {
      for (const count of callers) {
        const [a, b] = [ours, bare].map((pool) => (/** @type {number} */ n) => call(pool, n));
        const row = {
          name,
          callers: count,
          ...(await compare({ ours: a, theirs: b, callers: count, pairs, sliceMs })),
        };
        print(lineOf(row));
        rows.push(row);
      }
    }
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

/** @param {{ name: string, callers: number } & import("./interleaved.mjs").Comparison} row */
function lineOf({ name, callers: count, throughput, p99, cpu, garbage, perSecond, cpuUs }) {
  const show = (/** @type {import("./spread.mjs").Spread} */ { median, low, high }) =>
    `${median.toFixed(3)} (${low.toFixed(3)}-${high.toFixed(3)})`;
  return [
    `${name}, ${count} callers`.padEnd(24),
    `throughput ${show(throughput)}`,
    `p99 ${show(p99)}`,
    `CPU ${show(cpu)}`,
    `garbage ${garbage.toFixed(2)}`,
    `${Math.round(perSecond)}/s`,
    `${cpuUs.toFixed(1)} us`,
  ].join("  ");
}

/** @param {string} version @param {string} cores */
function machine(version, cores) {
  const require = createRequire(import.meta.url);
  const driver = JSON.parse(readFileSync(require.resolve("mysql2/package.json"), "utf8")).version;
  const model = cpus()[0]?.model.trim();
  return `${cpus().length} x ${model}, ${process.platform} ${process.arch}, Node ${process.version}, mysql2 ${driver}, ${version}, ${cores}`;
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
