import { sleep, systemClock } from "@minicluster/core";
import { type DevCluster, type ServiceProcess, startDevCluster } from "@minicluster/devcluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "./eventually.ts";
import { inForm, missing, on, seedLegs } from "./legs.ts";
import { healthOf, startTodo, untilHealthy } from "./todo-service.ts";

describe.each(inForm(seedLegs))("MySQL is away under a todo that goes on running, on $name", (leg) => {
  let cluster: DevCluster;
  let todo: ServiceProcess;
  let reason: string | undefined;

  beforeAll(async () => {
    reason = await missing(leg);
    if (reason) return;
    cluster = await startDevCluster(on(leg, { nodes: 1 }));
    todo = await startTodo(cluster);
    await untilHealthy(todo);
  });

  afterAll(() => cluster?.close());

  const read = (): Promise<Response> => fetch(`${todo.address}/todo`, { signal: AbortSignal.timeout(5_000) });
  const write = (): Promise<Response> =>
    fetch(`${todo.address}/todo`, { method: "POST", body: '{"content":"x"}', signal: AbortSignal.timeout(5_000) });

  /** Ten calls one after the other: each one's status and how long it took. */
  async function calls(call: () => Promise<Response>): Promise<{ status: number; ms: number; retryAfter: boolean }[]> {
    const seen = [];
    for (let n = 0; n < 10; n += 1) {
      const started = performance.now();
      const response = await call();
      await response.text();
      seen.push({
        status: response.status,
        ms: performance.now() - started,
        retryAfter: response.headers.has("retry-after"),
      });
    }
    return seen;
  }

  it("killed: 503 within a second; restarted: it serves within 2 s, in the same process", async ({ skip }) => {
    if (reason) skip(reason);
    const { pid } = todo;
    expect((await write()).status).toBe(201);
    await cluster.mysql.kill();
    for (const { status, ms, retryAfter } of [...(await calls(read)), ...(await calls(write))]) {
      expect({ status, retryAfter }).toEqual({ status: 503, retryAfter: true });
      expect(ms).toBeLessThan(1_000);
    }
    await eventually("health 503", 3_000, async () => ((await healthOf(todo)) === 503 ? true : undefined));
    await cluster.mysql.restart();
    const returned = performance.now();
    await eventually("a 201 again", 2_000, async () => ((await write()).status === 201 ? true : undefined));
    console.log(`served ${Math.round(performance.now() - returned)} ms after MariaDB's return`);
    await untilHealthy(todo, 5_000);
    expect(todo.running && todo.pid === pid).toBe(true);
  });

  it("frozen: no call waits beyond its deadline, and it serves within 2 s of the thaw", async ({ skip }) => {
    if (reason) skip(reason);
    await cluster.mysql.pause();
    const frozen = [...(await calls(read)), ...(await calls(write))];
    for (const { status, ms } of frozen) {
      expect([503, 504]).toContain(status);
      expect(ms).toBeLessThan(1_100);
    }
    await sleep(systemClock, 1_000);
    await cluster.mysql.resume();
    await eventually("a 201 again", 2_000, async () => ((await write()).status === 201 ? true : undefined));
    await untilHealthy(todo, 5_000);
  });
});
