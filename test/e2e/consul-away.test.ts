import { sleep, systemClock } from "@minicluster/core";
import { type DevCluster, type ServiceProcess, startDevCluster } from "@minicluster/devcluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { httpLoad } from "../load/http-load.ts";
import { Meter } from "../load/meter.ts";
import { eventually } from "./eventually.ts";
import { inForm, missing, on, seedLegs } from "./legs.ts";
import { startTodo, untilHealthy } from "./todo-service.ts";

describe.each(inForm(seedLegs))("Consul is restarted under a load on both todos, on $name", (leg) => {
  let cluster: DevCluster;
  let todos: ServiceProcess[];
  let reason: string | undefined;

  beforeAll(async () => {
    reason = await missing(leg);
    if (reason) return;
    cluster = await startDevCluster(on(leg, { nodes: 1 }));
    todos = await Promise.all([startTodo(cluster), startTodo(cluster)]);
    await Promise.all(todos.map((todo) => untilHealthy(todo)));
    await eventually("both passing in Consul", 20_000, async () => ((await passing()) === 2 ? true : undefined));
  });

  afterAll(() => cluster?.close());

  const ask = async (path: string): Promise<unknown> =>
    await (await fetch(`${cluster.consul.agent.address}${path}`, { signal: AbortSignal.timeout(1_000) })).json();
  const passing = async (): Promise<number> => ((await ask("/v1/health/service/todo?passing")) as unknown[]).length;
  const registered = async (): Promise<number> =>
    Object.values((await ask("/v1/agent/services")) as Record<string, { Service: string }>).filter(
      ({ Service }) => Service === "todo",
    ).length;

  it.for(["agent", "server"] as const)(
    "the %s is killed and restarted: no request fails, both are registered again within 2 s of its leader",
    async (which, { skip }) => {
      if (reason) skip(reason);
      const meter = new Meter();
      const stop = new AbortController();
      let next = 0;
      const done = httpLoad({
        meter,
        signal: stop.signal,
        send: (path, init) =>
          fetch(`${todos[next++ % 2]?.address}${path}`, { ...init, signal: AbortSignal.timeout(5_000) }),
      });
      try {
        await sleep(systemClock, 1_000);
        await cluster.consul[which].kill();
        await sleep(systemClock, 3_000);
        await cluster.consul[which].restart();
        await eventually("a leader", 20_000, async () => ((await ask("/v1/status/leader")) ? true : undefined));
        const led = performance.now();
        await eventually("both registered", 2_000, async () => ((await registered()) === 2 ? true : undefined));
        console.log(`${which}: registered ${Math.round(performance.now() - led)} ms after there was a leader`);
        await eventually("both passing", 8_000, async () => ((await passing()) === 2 ? true : undefined));
        await sleep(systemClock, 1_000);
      } finally {
        stop.abort();
        await done;
      }
      expect(meter.summary().failures).toEqual({});
    },
  );
});
