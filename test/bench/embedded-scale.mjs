// Does an operation on the embedded servers take longer when much is there already?
//
//   node --expose-gc test/bench/embedded-scale.mjs [--check] [--sizes 10,100,1000,10000]
import { fork } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { fileURLToPath, pathToFileURL } from "node:url";
import { embeddedVaultStorage, startEmbeddedConsul, startEmbeddedVault } from "@minicluster/servers";
import { machine, median } from "./machine.mjs";

const watcherProgram = fileURLToPath(new URL("embedded-scale-watchers.mjs", import.meta.url));
/** What `--check` asks for: the time at the largest size, to that at the smallest. */
const bar = 2;
const defaultSizes = [10, 100, 1_000, 10_000];
/** Operations whose median is taken, in slices that take turns with the other sizes' no more than a run allows. */
const samples = 300;
/** A real Consul takes 200 connections of one address; watchers come from as many addresses as that takes. */
const watchersOfAddress = 150;

/** @typedef {{ name: string, grow: (n: number) => Promise<void>, operate: (n: number) => Promise<void> }} Measure */

/**
 * @param {{ check?: boolean, sizes?: readonly number[], print?: (line: string) => void }} [options]
 * @returns {Promise<{ ok: boolean, rows: object[] }>}
 */
export async function run({ check = false, sizes = defaultSizes, print = console.log } = {}) {
  /** @type {{ name: string, micros: number[], ratio: number }[]} */
  const rows = [];
  for (const make of [registrations, watchers, keys, leases]) {
    const { measures, close } = await make();
    const times = measures.map(() => /** @type {number[]} */ ([]));
    let there = 0;
    for (const size of sizes) {
      const [first] = measures;
      for (; there < size; there += 1) await first?.grow(there);
      for (const [index, measure] of measures.entries()) times[index]?.push(await micros(measure, size));
    }
    await close();
    for (const [index, { name }] of measures.entries()) {
      const found = times[index] ?? [];
      rows.push({ name, micros: found, ratio: (found.at(-1) ?? 0) / (found[0] ?? 1) });
    }
  }
  print("time of one operation over HTTP, by how many are there (median, microseconds)");
  print(machine());
  print(`  ${"".padEnd(44)}${sizes.map((size) => String(size).padStart(9)).join("")}    last / first`);
  for (const { name, micros: found, ratio } of rows) {
    const cells = found.map((time) => time.toFixed(0).padStart(9)).join("");
    print(`  ${name.padEnd(44)}${cells}${ratio.toFixed(2).padStart(12)}${ratio > bar ? "  above the bar" : ""}`);
  }
  const ok = rows.every(({ ratio }) => ratio <= bar);
  return { ok: ok || !check, rows };
}

/** @param {Measure} measure @param {number} size */
async function micros({ operate }, size) {
  for (let n = 0; n < 50; n += 1) await operate(n % size);
  globalThis.gc?.();
  const times = [];
  for (let n = 0; n < samples; n += 1) {
    const started = performance.now();
    await operate((n * 7_919) % size);
    times.push((performance.now() - started) * 1_000);
  }
  return median(times);
}

/** @param {string} base @param {Record<string, string>} [headers] */
function client(base, headers = {}) {
  const agent = new Agent({ keepAlive: true });
  /**
   * @param {string} method @param {string} path @param {unknown} [body] @param {object} [more] of node's request
   * @returns {Promise<{ status: number, headers: import("node:http").IncomingHttpHeaders, text: string }>}
   */
  const call = (method, path, body, more = {}) =>
    new Promise((resolve, reject) => {
      const sent = request(base + path, { method, agent, headers, ...more }, (answer) => {
        let text = "";
        answer.on("data", (chunk) => {
          text += chunk;
        });
        answer.on("end", () => {
          const status = answer.statusCode ?? 0;
          if (status < 400) return resolve({ status, headers: answer.headers, text });
          return reject(new Error(`${method} ${path}: ${status} ${text}`));
        });
      });
      sent.on("error", reject);
      sent.end(body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body));
    });
  return { call, end: () => agent.destroy() };
}

/** @returns {Promise<{ measures: Measure[], close: () => Promise<void> }>} */
async function registrations() {
  const consul = await startEmbeddedConsul();
  const { call, end } = client(consul.address);
  const register = (/** @type {number} */ n) =>
    call("PUT", "/v1/agent/service/register", { Name: `s${n}`, Port: 1_000 + (n % 60_000), Check: { TTL: "1h" } });
  const grow = async (/** @type {number} */ n) => void (await register(n));
  const measures = [
    { name: "register a service again", grow, operate: grow },
    { name: "look a service up", grow, operate: get(call, (n) => `/v1/health/service/s${n}?passing`) },
    { name: "tell a TTL check", grow, operate: put(call, (n) => `/v1/agent/check/pass/service:s${n}`) },
  ];
  return { measures, close: closing(consul, end) };
}

/** @returns {Promise<{ measures: Measure[], close: () => Promise<void> }>} */
async function watchers() {
  const consul = await startEmbeddedConsul();
  const { call, end } = client(consul.address);
  const child = fork(watcherProgram);
  const watch = async (/** @type {number} */ n) => {
    await call("PUT", `/v1/kv/w${n}`, "x");
    const { headers } = await call("GET", `/v1/kv/w${n}`);
    const url = `${consul.address}/v1/kv/w${n}?index=${headers["x-consul-index"]}&wait=10m`;
    child.send({ url, localAddress: `127.0.1.${1 + Math.floor(n / watchersOfAddress)}` });
    await once(child, "message");
  };
  const wake = async (/** @type {number} */ n) => {
    const path = `/v1/kv/woken`;
    await call("PUT", path, `${n}`);
    const { headers } = await call("GET", path);
    const woken = call("GET", `${path}?index=${headers["x-consul-index"]}&wait=10s`, undefined, { agent: false });
    await call("PUT", path, `${n} again`);
    await woken;
  };
  const measures = [
    { name: "change a key that nobody watches", grow: watch, operate: put(call, () => "/v1/kv/lonely", "x") },
    { name: "wake one watcher (4 requests)", grow: watch, operate: wake },
  ];
  const close = async () => {
    child.kill("SIGKILL");
    await once(child, "exit");
    await closing(consul, end)();
  };
  return { measures, close };
}

/** @returns {Promise<{ measures: Measure[], close: () => Promise<void> }>} */
async function keys() {
  const consul = await startEmbeddedConsul();
  const { call, end } = client(consul.address);
  const grow = put(call, (n) => `/v1/kv/a/${n % 100}/${n}`, "value");
  const measures = [
    { name: "put a key", grow, operate: grow },
    { name: "get a key", grow, operate: get(call, (n) => `/v1/kv/a/${n % 100}/${n}`) },
    {
      name: "put and delete a key",
      grow,
      operate: async (/** @type {number} */ n) => {
        await call("PUT", `/v1/kv/gone/${n}`, "x");
        await call("DELETE", `/v1/kv/gone/${n}`);
      },
    },
  ];
  return { measures, close: closing(consul, end) };
}

/** Tokens are leases too, and need no MySQL. @returns {Promise<{ measures: Measure[], close: () => Promise<void> }>} */
async function leases() {
  const vault = await startEmbeddedVault({ storage: embeddedVaultStorage() });
  const first = client(vault.address);
  const made = JSON.parse((await first.call("PUT", "/v1/sys/init", { secret_shares: 1, secret_threshold: 1 })).text);
  await first.call("PUT", "/v1/sys/unseal", { key: made.keys[0] });
  first.end();
  const { call, end } = client(vault.address, { "X-Vault-Token": made.root_token });
  /** @type {string[]} */
  const tokens = [];
  const create = async () =>
    JSON.parse((await call("POST", "/v1/auth/token/create", { ttl: "1h" })).text).auth.client_token;
  const grow = async () => void tokens.push(await create());
  const measures = [
    {
      name: "issue and revoke a lease (a token)",
      grow,
      operate: async () => void (await revoke(call, await create())),
    },
    {
      name: "renew a lease (a token)",
      grow,
      operate: async (/** @type {number} */ n) =>
        void (await call("POST", "/v1/auth/token/renew", { token: tokens[n] })),
    },
    {
      name: "look a lease up (a token)",
      grow,
      operate: async (/** @type {number} */ n) =>
        void (await call("POST", "/v1/auth/token/lookup", { token: tokens[n] })),
    },
  ];
  return { measures, close: closing(vault, end) };
}

/** @typedef {ReturnType<typeof client>["call"]} Call */

/** @param {Call} call @param {string} token */
const revoke = (call, token) => call("POST", "/v1/auth/token/revoke", { token });

/** @param {Call} call @param {(n: number) => string} path */
const get = (call, path) => async (/** @type {number} */ n) => void (await call("GET", path(n)));

/** @param {Call} call @param {(n: number) => string} path @param {string} [body] */
const put = (call, path, body) => async (/** @type {number} */ n) => void (await call("PUT", path(n), body));

/** @param {{ close: () => Promise<void> }} server @param {() => void} end */
const closing = (server, end) => async () => {
  end();
  await server.close();
};

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const at = process.argv.indexOf("--sizes");
  const sizes = at > 0 ? (process.argv[at + 1] ?? "").split(",").map(Number) : defaultSizes;
  const { ok } = await run({ check: process.argv.includes("--check"), sizes });
  process.exitCode = ok ? 0 : 1;
}
