// Watches the services of $SERVICES in a process of its own, so that its memory is its own. GET / on $BIND says what it
// sees of each and, after a collection, how much memory it uses. Runs with --expose-gc.
import { createServer } from "node:http";
import { consul, consulOptionsFromEnv, Discovery } from "@minicluster/discovery";

const discovery = new Discovery({ source: consul(consulOptionsFromEnv(process.env)) });
const watches = process.env.SERVICES.split(",").map((service) => [service, discovery.watch(service)]);
let changes = 0;
for (const [, watch] of watches) watch.events.on("changed", () => (changes += 1));

const server = createServer((_, response) => {
  globalThis.gc();
  const seen = watches.map(([service, { current }]) => [service, (current ?? []).map(({ id }) => id).sort()]);
  response.end(JSON.stringify({ seen: Object.fromEntries(seen), changes, heapBytes: process.memoryUsage().heapUsed }));
});
const [host, port] = process.env.BIND.split(":");
server.listen(Number(port), host);

process.once("SIGTERM", async () => {
  server.close();
  await discovery.close();
});
