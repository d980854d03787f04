// Does a watched service cost more when there are many? And how many connections do they take?
//
//   node test/bench/watches.mjs [--check] [--quick] [--runs 5]
import { startConsul } from "@minicluster/servers";
import { httpClient } from "./http-client.mjs";
import { program } from "./program.mjs";
import { row } from "./row.mjs";
import { across, ownProcess } from "./sizes.mjs";
import { spread } from "./spread.mjs";
import { withServer } from "./with-server.mjs";

/** `connections` is what an agent allows one client. */
const bars = { flat: { most: 2 }, connections: { most: 200 }, seen: { most: 3_000 } };
const instances = 100;

/** @typedef {{ cpuUs: number, bytes: number, connections: number, failed: number, warnings: number, seenMs: { median: number, most: number } }} Kept */

/** @param {{ server: import("@minicluster/servers").Consul, sizes: readonly number[], crowds: readonly number[], runs: number }} options */
async function measure({ server, sizes, crowds, runs }) {
  let agents = 0;
  // An agent of its own each: a connection whose client is gone stays taken there until its query's wait is over.
  const kept = (/** @type {number} */ size, mode = "alone") =>
    withServer(startConsul({ mode: "client", join: server, name: `agent${agents++}` }), async ({ address }) => {
      return /** @type {Kept} */ (await ownProcess("watches-kept.mjs", [`${size}`, address, mode]));
    });
  await register(server.address, Math.max(...sizes), instances);
  /** @type {Kept[][]} */
  const taken = [];
  for (let run = 0; run < runs; run += 1) {
    const found = [];
    for (const size of sizes) found.push(await kept(size));
    taken.push(found);
  }
  // Those beyond are of one instance.
  await register(server.address, Math.max(...crowds), 1, Math.max(...sizes));
  const crowded = [];
  for (const crowd of crowds) crowded.push({ crowd, ...(await kept(crowd, "together")) });
  const words = `with ${sizes.at(-1)} services of ${instances} instances watched against ${sizes[0]}`;
  const [cpu, memory] = [
    across({
      question: `CPU time of a change, ${words}`,
      taken,
      of: ({ cpuUs }) => cpuUs,
      unit: "us",
      sizes,
      bar: bars.flat,
    }),
    across({
      question: `memory of a service, ${words}`,
      taken,
      of: ({ bytes }) => bytes / 1_024,
      unit: "kB",
      sizes,
      bar: bars.flat,
    }),
  ];
  return {
    rows: [
      cpu.row,
      memory.row,
      ...crowded.flatMap(({ crowd, connections, seenMs }) => [
        row({
          question: `connections to the agent for ${crowd} services`,
          figure: spread([connections]),
          unit: "",
          bar: bars.connections,
        }),
        row({
          question: `the longest until a change of one of ${crowd} was seen`,
          figure: spread([seenMs.most]),
          unit: "ms",
          bar: bars.seen,
        }),
      ]),
    ],
    runs: `median of ${runs} processes of each size: ${sizes.join(", ")}; beyond 100 services, ${crowds.join(" and ")} of them, once each`,
    versions: [`Consul ${server.version}`],
    details: [
      `CPU of a change: ${cpu.line}`,
      `memory of a service: ${memory.line}`,
      ...crowded.map(
        ({ crowd, failed, warnings, seenMs }) =>
          `${crowd} services: ${failed} failed calls, ${warnings} warning; a change was seen after ${seenMs.median.toFixed(0)} ms (median)`,
      ),
    ],
  };
}

/** Services s0, s1, ... in the catalog, twenty requests at a time. @param {string} address @param {number} services @param {number} count @param {number} [from] */
async function register(address, services, count, from = 0) {
  const { call, end } = httpClient(address);
  const all = Array.from({ length: (services - from) * count }, (_, n) => n);
  const one = async () => {
    for (let n = all.pop(); n !== undefined; n = all.pop()) {
      const name = `s${from + Math.floor(n / count)}`;
      const Service = { ID: `${name}-${n % count}`, Service: name, Address: "127.0.0.1", Port: 10_000 + (n % count) };
      await call("PUT", "/v1/catalog/register", { Node: `node-${n % count}`, Address: "127.0.0.1", Service });
    }
  };
  await Promise.all(Array.from({ length: 20 }, one));
  end();
}

await program({
  title: "Does a watched service cost more when there are many?",
  options: { runs: { type: "string" } },
  measure: ({ quick, values: { runs = quick ? 1 : 5 } }) =>
    withServer(startConsul(), (server) =>
      measure({
        server,
        sizes: quick ? [10, 30] : [10, 30, 100],
        crowds: quick ? [150] : [150, 300],
        runs: Number(runs),
      }),
    ),
});
