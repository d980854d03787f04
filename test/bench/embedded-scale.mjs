// Does an operation on the embedded servers take longer when much is there already?
//
//   node --expose-gc test/bench/embedded-scale.mjs [--check] [--quick] [--sizes 10,100,1000,10000]
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { embeddedVaultStorage, startEmbeddedConsul, startEmbeddedVault } from "@minicluster/servers";
import { httpClient } from "./http-client.mjs";
import { program } from "./program.mjs";
import { row, worst } from "./row.mjs";
import { median, spreadOf } from "./spread.mjs";

const watcherProgram = fileURLToPath(new URL("embedded-scale-watchers.mjs", import.meta.url));
/** The time at the largest size, to that at the smallest. */
const bar = { most: 2 };
/** Operations whose median is taken, in slices that take turns with the other sizes' no more than a run allows. */
const samples = 300;
/** A real Consul takes 200 connections of one address; watchers come from as many addresses as that takes. */
const watchersOfAddress = 150;

/** @typedef {{ name: string, grow: (n: number) => Promise<void>, operate: (n: number) => Promise<void> }} Measure */

/** @param {readonly number[]} sizes */
async function measure(sizes) {
  const [rows, details] = [[], []];
  for (const make of [registrations, watchers, keys, leases]) {
    const { measures, close } = await make();
    const times = measures.map(() => /** @type {number[][]} */ ([]));
    let there = 0;
    for (const size of sizes) {
      const [first] = measures;
      for (; there < size; there += 1) await first?.grow(there);
      for (const [index, measure] of measures.entries()) times[index]?.push(await micros(measure, size));
    }
    await close();
    for (const [index, { name }] of measures.entries()) {
      const found = times[index] ?? [];
      const medians = found.map((all) => `${median(all).toFixed(0)} us`);
      details.push(`${name.padEnd(34)}${medians.map((cell) => cell.padStart(9)).join("")}`);
      const [last = [], first = []] = [found.at(-1), found[0]];
      const pairs = first.map((time, at) => ({ ours: last[at] ?? 0, theirs: time }));
      const of = (/** @type {"ours" | "theirs"} */ side) => (/** @type {typeof pairs} */ drawn) =>
        median(drawn.map((pair) => pair[side]));
      const figure = spreadOf(pairs, (drawn) => of("ours")(drawn) / of("theirs")(drawn), { draws: 400 });
      const [ours, peer] = [last, first].map((all) => ({ value: median(all), unit: "us" }));
      rows.push({ of: name, ...row({ question: "", ours, peer, figure, bar }) });
    }
  }
  const question = `an operation on the embedded servers, with ${sizes.at(-1)} of its kind there against ${sizes[0]}`;
  return {
    rows: [worst(question, rows)],
    runs: `median of ${samples} operations over HTTP, by how many are there: ${sizes.join(", ")}`,
    details,
  };
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
  return times;
}

/** @returns {Promise<{ measures: Measure[], close: () => Promise<void> }>} */
async function registrations() {
  const consul = await startEmbeddedConsul();
  const { call, end } = httpClient(consul.address);
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
  const { call, end } = httpClient(consul.address);
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
  const { call, end } = httpClient(consul.address);
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
  const first = httpClient(vault.address);
  const made = JSON.parse((await first.call("PUT", "/v1/sys/init", { secret_shares: 1, secret_threshold: 1 })).text);
  await first.call("PUT", "/v1/sys/unseal", { key: made.keys[0] });
  first.end();
  const { call, end } = httpClient(vault.address, { "X-Vault-Token": made.root_token });
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

/** @typedef {ReturnType<typeof httpClient>["call"]} Call */

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

await program({
  title: "Does an operation on the embedded servers take longer when much is there already?",
  options: { sizes: { type: "string" } },
  measure: ({ quick, values: { sizes = quick ? "10,300" : "10,100,1000,10000" } }) =>
    measure(String(sizes).split(",").map(Number)),
});
