// How long after a change in Consul does a watch know it, against a bare blocking query?
//
//   node test/bench/watch.mjs [--check] [--quick] [--rounds 40]
import { setTimeout as pause } from "node:timers/promises";
import { consul, Discovery } from "@minicluster/discovery";
import { startConsul } from "@minicluster/servers";
import { separate } from "./cores.mjs";
import { announce, httpClient } from "./http-client.mjs";
import { program } from "./program.mjs";
import { row } from "./row.mjs";
import { median, quantile, quantileRatio } from "./spread.mjs";
import { withServer } from "./with-server.mjs";

const bar = { most: 1.2 };
/** Changes of each side in one round; the sides take turns change by change. */
const changes = 25;
/** Between changes, so that each is seen for itself: two polls are never closer than 20 ms. */
const apartMs = 30;

/** @param {{ server: import("@minicluster/servers").Consul, discovery: Discovery, rounds: number }} options */
async function measure({ server, discovery, rounds }) {
  const cores = separate({ apart: [server.pid] });
  const writer = httpClient(server.address);
  for (const name of ["ours", "theirs"]) await announce(writer.call, { name });
  // One service each: a change wakes one side alone, and neither waits for the other's turn of the event loop.
  const sides = {
    ours: await ourWatch(discovery, "ours"),
    theirs: await bareWatch(server.address, "theirs"),
  };
  /** @type {{ ours: number[], theirs: number[] }[]} */
  const parts = [];
  for (let round = -1; round < rounds; round += 1) {
    /** @type {{ ours: number[], theirs: number[] }} */
    const part = { ours: [], theirs: [] };
    for (let n = 0; n < changes; n += 1) {
      for (const name of (n + round) % 2
        ? /** @type {const} */ (["ours", "theirs"])
        : /** @type {const} */ (["theirs", "ours"])) {
        part[name].push(await change(writer, name, sides[name]));
        await pause(apartMs);
      }
    }
    if (round >= 0) parts.push(part);
  }
  for (const side of Object.values(sides)) side.close();
  writer.end();
  const all = { ours: parts.flatMap(({ ours }) => ours), theirs: parts.flatMap(({ theirs }) => theirs) };
  const at = (/** @type {"ours" | "theirs"} */ name, /** @type {number} */ share) => quantile(all[name], share);
  return {
    rows: [
      row({
        question: "a change in Consul until our watch knows it, against a bare blocking query, p99",
        ours: { value: at("ours", 0.99), unit: "ms" },
        peer: { value: at("theirs", 0.99), unit: "ms" },
        figure: quantileRatio(parts, 0.99),
        bar,
      }),
    ],
    runs: `p99 of ${all.ours.length} changes of a check each, in turns; ${cores}`,
    versions: [`Consul ${server.version}`],
    details: [`median ${median(all.ours).toFixed(2)} ms, of the bare one ${median(all.theirs).toFixed(2)} ms`],
  };
}

/** @typedef {{ seen: (status: string) => Promise<number>, close: () => void }} Side `seen`: when it knew of that status */

/** How often each side was changed: a check that is told what it says already changes nothing. */
const flips = { ours: 0, theirs: 0 };

/** Milliseconds from the change's being sent to the side's knowing it. @param {ReturnType<typeof httpClient>} writer @param {"ours" | "theirs"} name @param {Side} side */
async function change(writer, name, side) {
  const status = flips[name]++ % 2 ? "pass" : "warn";
  const seen = side.seen(status === "pass" ? "passing" : "warning");
  const sent = performance.now();
  await writer.call("PUT", `/v1/agent/check/${status}/service:${name}`);
  return (await seen) - sent;
}

/** @param {Discovery} discovery @param {string} name @returns {Promise<Side>} */
async function ourWatch(discovery, name) {
  const watch = discovery.watch(name);
  await watch.available();
  return {
    seen: (status) =>
      new Promise((resolve) => {
        const off = watch.events.on("changed", ({ instances }) => {
          if (instances[0]?.status !== status) return;
          off();
          resolve(performance.now());
        });
      }),
    close: () => watch.close(),
  };
}

/** One blocking query after the other, nothing else. @param {string} address @param {string} name @returns {Promise<Side>} */
async function bareWatch(address, name) {
  const { call, end } = httpClient(address);
  let ended = false;
  /** @type {(status: string) => void} */
  let heard = () => {};
  const poll = async () => {
    for (let index = "0"; !ended; ) {
      const path = `/v1/health/service/${name}?index=${index}&wait=30s`;
      const { headers, text } = await call("GET", path);
      index = String(headers["x-consul-index"]);
      heard(statusOf(JSON.parse(text)));
    }
  };
  const first = new Promise((resolve) => {
    heard = resolve;
  });
  // Its last query is cut off by the end.
  poll().catch(() => {});
  await first;
  return {
    seen: (status) =>
      new Promise((resolve) => {
        heard = (found) => found === status && resolve(performance.now());
      }),
    close: () => {
      ended = true;
      end();
    },
  };
}

/** @param {{ Checks: { CheckID: string, Status: string }[] }[]} found */
function statusOf(found) {
  return found[0]?.Checks.find(({ CheckID }) => CheckID.startsWith("service:"))?.Status ?? "none";
}

await program({
  title: "How long after a change in Consul does a watch know it?",
  options: { rounds: { type: "string" } },
  measure: ({ quick, values: { rounds = quick ? 1 : 30 } }) =>
    withServer(startConsul(), (server) => {
      const discovery = Promise.resolve(new Discovery({ source: consul({ address: server.address }) }));
      return withServer(discovery, (found) => measure({ server, discovery: found, rounds: Number(rounds) }));
    }),
});
