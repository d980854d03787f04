// Watches as many services as its first argument says, at the Consul of its second, and prints what that costs: of changes
// one after the other ("alone"), or of all services at once ("together").
import { readdirSync, readlinkSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { consul, Discovery } from "@minicluster/discovery";
import { httpClient } from "./http-client.mjs";

const [size = "10", address = "", mode = "alone"] = process.argv.slice(2);
const { call, end } = httpClient(address);

/** Sockets of this process, those that wait to be used again among them (Linux). */
function sockets() {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith("socket:");
    } catch {
      return false;
    }
  }).length;
}

function heap() {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** Changes one instance of a service, and waits until the watch shows it. @param {import("@minicluster/discovery").ServiceWatch} watch @param {number} port */
async function change(watch, port) {
  const seen = new Promise((resolve) => {
    const off = watch.events.on("changed", ({ instances }) => {
      if (!instances.some((instance) => instance.port === port)) return;
      off();
      resolve(performance.now());
    });
  });
  const { service } = watch;
  const Service = { ID: `${service}-0`, Service: service, Address: "127.0.0.1", Port: port };
  const sent = performance.now();
  await call("PUT", "/v1/catalog/register", { Node: "node-0", Address: "127.0.0.1", SkipNodeUpdate: true, Service });
  return (await seen) - sent;
}

// As many as it may ever take to write with.
await Promise.all(Array.from({ length: 16 }, () => call("GET", "/v1/status/leader")));
const others = sockets();
let most = 0;
let [failed, warnings] = [0, 0];
process.on("warning", ({ name }) => {
  if (name === "MiniclusterWarning") warnings += 1;
});
const counting = setInterval(() => {
  most = Math.max(most, sockets() - others);
}, 10);
counting.unref();
const discovery = new Discovery({ source: consul({ address: address }) });
discovery.events.on("stale", () => {
  failed += 1;
});
const watches = Array.from({ length: Number(size) }, (_, n) => discovery.watch(`s${n}`));
await Promise.all(watches.map((watch) => watch.available()));
let port = 20_000;
/** @type {number[]} */
const took = [];
let cpuUs = 0;
if (mode === "together") {
  // A service beyond those that block is polled every second: one after the other would take minutes.
  for (let round = 0; round < 3; round += 1) {
    took.push(...(await Promise.all(watches.map((watch) => change(watch, port++)))));
    await pause(300);
  }
} else {
  const next = (/** @type {number} */ n) => change(watches[(n * 7) % watches.length], port++);
  for (let n = 0; n < 50; n += 1) await next(n);
  const changes = 200;
  const cpu = process.cpuUsage();
  for (let n = 0; n < changes; n += 1) {
    took.push(await next(n));
    await pause(5);
  }
  const { user, system } = process.cpuUsage(cpu);
  cpuUs = (user + system) / changes;
}
const held = heap();
for (const watch of watches.splice(0)) watch.close();
await discovery.close();
await pause(50);
const bytes = (held - heap()) / Number(size);
end();
took.sort((a, b) => a - b);
const seenMs = { median: took[took.length >> 1], most: took.at(-1) };
console.log(JSON.stringify({ cpuUs, bytes, connections: most, failed, warnings, seenMs }));
