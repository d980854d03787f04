import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Consul } from "@minicluster/servers";
import type { World } from "../stage/world.ts";

/** Registered again within so long of the agent's having a leader. */
const registeredMs = 2_000;

/**
 * Holds both todos to it: the agent and the catalog have them within 2 s of the agent's having a leader. Call it as soon
 * as what was away is started; resolves when they are there.
 */
export async function registeredAgain(world: World): Promise<void> {
  const { agent } = world.cluster.consul;
  const leader = (): Promise<string> => ask(agent.address, "/v1/status/leader");
  await world.until("a leader", 30_000, async () => (await leader()) || undefined);
  const led = performance.now();
  await world.until("both todos at the agent and in the catalog", 30_000, async () => {
    const own = await ask<Record<string, { Service: string }>>(agent.address, "/v1/agent/services");
    const known = await ask<{ ServiceID: string }[]>(agent.address, "/v1/catalog/service/todo");
    const here = Object.values(own).filter(({ Service }) => Service === "todo");
    return (here.length === world.todos.length && known.length === world.todos.length) || undefined;
  });
  const tookMs = Math.round(performance.now() - led);
  world.check(`both todos are registered within ${registeredMs} ms of a leader`, tookMs <= registeredMs, tookMs);
}

/** Where a running agent keeps what is registered with it; undefined for an embedded one. */
export async function registrationsKept({ pid }: Consul): Promise<string[] | undefined> {
  if (pid === undefined) return undefined;
  const words = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0");
  const file = words.find((word) => word.startsWith("-config-file="))?.slice("-config-file=".length) ?? "";
  const { data_dir: directory } = JSON.parse(await readFile(file, "utf8")) as { data_dir: string };
  return ["services", "checks"].map((name) => join(directory, name));
}

async function ask<T>(address: string, path: string): Promise<T> {
  const response = await fetch(address + path, { signal: AbortSignal.timeout(1_000) });
  return (await response.json()) as T;
}
