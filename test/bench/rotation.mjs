// Is anything slower while the pool changes its account? Rotations under an open load, each beside the steady time before it.
//
//   node test/bench/rotation.mjs [--check] [--quick] [--rotations 50] [--rate 1000]
import { setTimeout as pause } from "node:timers/promises";
import { Secret } from "@minicluster/core";
import { createPool } from "@minicluster/mysql";
import { startMariadb } from "@minicluster/servers";
import mysql from "mysql2/promise";
import { separate } from "./cores.mjs";
import { packageVersion } from "./machine.mjs";
import { program } from "./program.mjs";
import { row } from "./row.mjs";
import { median, quantile, quantileRatio, spread } from "./spread.mjs";
import { withServer } from "./with-server.mjs";

const bars = { p99: { bar: { most: 1.1 }, check: { most: 1.5 } }, failed: { most: 0 } };
/** The second that begins with the new account's being known, against the one before. */
const windowMs = 1_000;

/** @param {{ maria: import("@minicluster/servers").Mariadb, rotations: number, rate: number }} options */
async function measure({ maria, rotations, rate }) {
  await maria.admin("CREATE DATABASE bench");
  const source = await accounts(maria);
  const cores = separate({ apart: [maria.pid] });
  const pool = createPool({ credentials: source, address: { host: maria.host, port: maria.port }, database: "bench" });
  const load = openLoad(pool, rate);
  try {
    await pool.query("CREATE TABLE bench (id INT PRIMARY KEY, n INT NOT NULL)");
    await pool.query("INSERT INTO bench (id, n) VALUES ?", [Array.from({ length: 1_000 }, (_, id) => [id, 0])]);
    load.start();
    await pause(2_000);
    /** @type {{ ours: number[], theirs: number[], drainedMs: number }[]} */
    const parts = [];
    for (let n = 0; n < rotations; n += 1) {
      await pause(windowMs + 100);
      // As Vault does before it answers; the rotation begins when the answer is there.
      const next = await source.issue();
      const began = performance.now();
      const drained = new Promise((resolve) => {
        const off = pool.events.on("generation.drained", () => {
          off();
          resolve(performance.now());
        });
      });
      source.rotateTo(next);
      const drainedMs = /** @type {number} */ (await drained) - began;
      await pause(Math.max(0, windowMs - (performance.now() - began)) + 50);
      const within = (/** @type {number} */ from) => load.between(from, from + windowMs);
      parts.push({ ours: within(began), theirs: within(began - windowMs), drainedMs });
    }
    await load.end();
    const all = (/** @type {"ours" | "theirs"} */ side) => parts.flatMap((part) => part[side]);
    return {
      rows: [
        row({
          question: "a query in the second of a rotation, against the second before, p99",
          ours: { value: quantile(all("ours"), 0.99), unit: "ms" },
          peer: { value: quantile(all("theirs"), 0.99), unit: "ms" },
          figure: quantileRatio(parts, 0.99),
          ...bars.p99,
        }),
        row({
          question: "queries that failed meanwhile",
          figure: spread([load.failed]),
          unit: "",
          bar: bars.failed,
        }),
      ],
      runs: `${rotations} rotations under ${rate} queries/s; ${cores}`,
      versions: [`MariaDB ${maria.version}`, packageVersion("mysql2")],
      details: [
        `${load.sent} queries; an old generation had drained after ${median(parts.map(({ drainedMs }) => drainedMs)).toFixed(0)} ms (median)`,
        `p50 ${median(all("ours")).toFixed(2)} ms, steady ${median(all("theirs")).toFixed(2)} ms`,
      ],
    };
  } finally {
    await load.end();
    await pool.end();
    await source.end();
  }
}

/** Accounts one after the other, as a secrets engine makes and drops them. @param {import("@minicluster/servers").Mariadb} maria */
async function accounts(maria) {
  let count = 0;
  /** @type {Set<(event: { current: any, previous: any }) => void>} */
  const listeners = new Set();
  // One for all: what Vault does is done elsewhere, and must cost as little as possible here.
  const { host, port, rootUser, rootPassword } = maria;
  const admin = await mysql.createConnection({ host, port, user: rootUser, password: rootPassword.reveal() });
  const issue = async () => {
    const username = `bench-${count++}`;
    const password = `bench-${Math.random().toString(36).slice(2)}`;
    await admin.query(`CREATE USER '${username}'@'%' IDENTIFIED BY '${password}'`);
    await admin.query(`GRANT ALL ON bench.* TO '${username}'@'%'`);
    return { id: username, username, password: Secret.of(password) };
  };
  let current = await issue();
  return {
    issue,
    end: () => admin.end(),
    /** @param {typeof current} next */
    rotateTo(next) {
      const previous = current;
      current = next;
      for (const listener of [...listeners]) listener({ current, previous });
    },
    get current() {
      return current;
    },
    state: /** @type {const} */ ("fresh"),
    ready: async () => current,
    rotate: async () => current,
    onRotated(/** @type {(event: { current: any, previous: any }) => void} */ listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    remainingMs: () => 3_600_000,
    async release(/** @type {typeof current} */ { username }) {
      await admin.query(`DROP USER '${username}'@'%'`);
    },
  };
}

/** Queries at a steady rate, whether or not earlier ones were answered; a backlog counts as time. @param {import("mysql2/promise").Pool} pool @param {number} rate a second */
function openLoad(pool, rate) {
  /** @type {{ due: number, took: number }[]} */
  const samples = [];
  const state = { sent: 0, failed: 0, ended: false };
  const call = async (/** @type {number} */ number, /** @type {number} */ due) => {
    try {
      const sql = "SELECT id, n FROM bench WHERE id = ?";
      await (number % 2 ? pool.query(sql, [number % 1_000]) : pool.execute(sql, [number % 1_000]));
    } catch (error) {
      state.failed += 1;
      if (state.failed === 1) console.error(error);
    }
    samples.push({ due, took: performance.now() - due });
  };
  const run = async () => {
    const started = performance.now();
    /** @type {Set<Promise<void>>} */
    const underWay = new Set();
    while (!state.ended) {
      const due = started + (state.sent * 1_000) / rate;
      const wait = due - performance.now();
      if (wait > 0.5) {
        await pause(wait);
        continue;
      }
      const asked = call(state.sent++, Math.min(due, performance.now())).finally(() => underWay.delete(asked));
      underWay.add(asked);
    }
    await Promise.all(underWay);
  };
  /** @type {Promise<void> | undefined} */
  let running;
  return {
    start() {
      running ??= run();
    },
    get failed() {
      return state.failed;
    },
    get sent() {
      return state.sent;
    },
    /** Milliseconds of the calls that were due between two moments. @param {number} from @param {number} to */
    between: (from, to) => samples.filter(({ due }) => due >= from && due < to).map(({ took }) => took),
    async end() {
      state.ended = true;
      await running;
    },
  };
}

await program({
  title: "Is anything slower while the pool changes its account?",
  options: { rotations: { type: "string" }, rate: { type: "string" } },
  measure: ({ quick, values: { rotations = quick ? 2 : 50, rate = 1_000 } }) =>
    withServer(startMariadb(), (maria) => measure({ maria, rotations: Number(rotations), rate: Number(rate) })),
});
