// What does it cost to ask where a service is? From the local table, by node-consul's health call, by DNS.
//
//   node test/bench/resolve.mjs [--check] [--quick] [--pairs 30]
import { Resolver } from "node:dns/promises";
import { consul, Discovery } from "@minicluster/discovery";
import { startConsul } from "@minicluster/servers";
import Consul from "consul";
import { separate } from "./cores.mjs";
import { announce, httpClient } from "./http-client.mjs";
import { packageVersion } from "./machine.mjs";
import { program } from "./program.mjs";
import { row } from "./row.mjs";
import { median, spread } from "./spread.mjs";
import { withServer } from "./with-server.mjs";

const bars = { health: { least: 1_000 }, dns: { least: 100 } };
const service = "billing";
const instances = 3;
/** Calls of a slice, one after the other: some milliseconds of each. */
const calls = { ours: 20_000, health: 30, dns: 100 };

/** @param {{ server: import("@minicluster/servers").Consul, discovery: Discovery, pairs: number }} options */
async function measure({ server, discovery, pairs }) {
  const { call, end } = httpClient(server.address);
  for (let n = 0; n < instances; n += 1) {
    await announce(call, { name: service, id: `${service}-${n}`, port: 9_000 + n });
  }
  end();
  const cores = separate({ apart: [server.pid] });
  const { hostname, port } = new URL(server.address);
  const nodeConsul = new Consul({ host: hostname, port: Number(port) });
  const dns = new Resolver();
  dns.setServers([server.dnsAddress]);
  await all(discovery);
  const asks = {
    ours: () => discovery.resolve(service),
    health: () => nodeConsul.health.service({ service, passing: true }),
    dns: () => dns.resolveSrv(`${service}.service.consul`),
  };
  for (const [name, ask] of Object.entries(asks)) {
    const found = await ask();
    if (found.length !== instances) throw new Error(`${name} found ${found.length} instances, not ${instances}`);
  }
  /** @type {Record<keyof typeof asks, number[]>} */
  const micros = { ours: [], health: [], dns: [] };
  // The first ones are for the compiler.
  for (let pair = -3; pair < pairs; pair += 1) {
    for (const name of pair % 2 ? names : [...names].reverse()) {
      const took = await slice(asks[name], calls[name]);
      if (pair >= 0) micros[name].push(took);
    }
  }
  const ours = { value: median(micros.ours), unit: "us" };
  const against = (/** @type {"health" | "dns"} */ name, /** @type {string} */ question) =>
    row({
      question,
      ours,
      peer: { value: median(micros[name]), unit: "us" },
      figure: spread(micros[name].map((time, index) => time / (micros.ours[index] ?? 0))),
      bar: bars[name],
    });
  return {
    rows: [
      against("health", "resolve() from the local table, times faster than node-consul's health call"),
      against("dns", "resolve() from the local table, times faster than node:dns for SRV"),
    ],
    runs: `median of ${pairs} interleaved slices, one call after the other, ${instances} instances; ${cores}`,
    versions: [`Consul ${server.version}`, packageVersion("consul")],
  };
}

const names = /** @type {const} */ (["ours", "health", "dns"]);

/** Until every instance is in the catalog and in the table. @param {Discovery} discovery */
async function all(discovery) {
  const watch = discovery.watch(service);
  for await (const found of watch) if (found.length === instances) break;
  watch.close();
}

/** Microseconds a call. @param {() => Promise<unknown>} ask @param {number} count */
async function slice(ask, count) {
  const started = performance.now();
  for (let n = 0; n < count; n += 1) await ask();
  return ((performance.now() - started) * 1_000) / count;
}

await program({
  title: "What does it cost to ask where a service is?",
  options: { pairs: { type: "string" } },
  measure: ({ quick, values: { pairs = quick ? 3 : 60 } }) =>
    withServer(startConsul(), (server) => {
      const discovery = Promise.resolve(new Discovery({ source: consul({ address: server.address }) }));
      return withServer(discovery, (found) => measure({ server, discovery: found, pairs: Number(pairs) }));
    }),
});
