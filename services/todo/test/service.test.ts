import { MiniclusterError, sleep, systemClock } from "@minicluster/core";
import { expect, it } from "vitest";
import { runService, type TodoCluster } from "../src/service.ts";
import { Lines } from "./lines.ts";

const text = { nullable: "NO", fallback: null, extra: "", charset: "utf8mb4" };
const columns = [
  { ...text, name: "id", type: "bigint", length: null, extra: "auto_increment", charset: null },
  { ...text, name: "status", type: "varchar", length: 255 },
  { ...text, name: "content", type: "text", length: 65_535 },
];

/** A database with an empty table. */
const answer = async (statement: string | { sql: string }): Promise<[unknown, unknown]> => [
  sqlOf(statement).includes("information_schema") ? columns : [],
  [],
];

function sqlOf(statement: string | { sql: string }): string {
  return typeof statement === "string" ? statement : statement.sql;
}

/** A cluster without servers: says what was asked of it, and fails where it is told to. */
function fakeCluster(faults: Partial<TodoCluster> & { execute?: typeof answer } = {}) {
  const asked: unknown[] = [];
  const cluster: TodoCluster = {
    mysql(options) {
      asked.push(["mysql", options]);
      return { execute: faults.execute ?? answer };
    },
    async announce(options) {
      asked.push(["announce", options]);
      return { close: async () => void asked.push("deregistered") };
    },
    health: () => ({
      status: "degraded",
      parts: [
        { name: "vault", status: "degraded", reason: "every node is away" },
        { name: "mysql:todo", status: "passing", reason: "" },
      ],
    }),
    leave: async () => void asked.push("left"),
    ...faults,
  };
  return { cluster, asked };
}

/** Runs it until `during` is done, which gets its address. */
async function run(cluster: TodoCluster, during: (url: string, stop: () => void) => Promise<void>) {
  const lines = new Lines();
  const stopping = new AbortController();
  const env = { BIND: "127.0.0.1:0" };
  const running = runService({ env, join: async () => cluster, log: lines as never, stopping: stopping.signal });
  const { port } = await Promise.race([lines.next("service.started"), running.then(() => Promise.reject("ended"))]);
  await during(`http://127.0.0.1:${port}`, () => stopping.abort());
  stopping.abort();
  return { clean: await running, lines, port };
}

it("announces its real address, says what its cluster says, and stops in order", async () => {
  const { cluster, asked } = fakeCluster();
  const { clean, lines, port } = await run(cluster, async (url) => {
    await tableSeen(url);
    const health = await fetch(`${url}/health`);
    const { status, parts } = (await health.json()) as { status: string; parts: unknown[] };
    expect([health.status, status]).toEqual([429, "degraded"]);
    expect(parts).toEqual([
      { name: "database", status: "passing" },
      { name: "table", status: "passing" },
      { name: "vault", status: "degraded", reason: "every node is away" },
      { name: "mysql:todo", status: "passing" },
    ]);
  });
  expect(clean).toBe(true);
  expect(asked).toEqual([
    [
      "mysql",
      {
        credentials: "mysql/creds/todo",
        database: "todo",
        service: "mysql",
        acquireTimeout: "600ms",
        queryTimeout: "800ms",
      },
    ],
    ["announce", { service: "todo", address: "127.0.0.1", port, check: { http: "/health", interval: "5s" } }],
    ...["deregistered", "left"],
  ]);
  expect(lines.events()).toContain("service.stopped");
});

/** Until the table was seen. */
async function tableSeen(url: string): Promise<void> {
  while ((await fetch(`${url}/health`)).status === 503);
}

it("is critical while it stops, and answers what is in flight", async () => {
  let finish = (): void => {};
  const rows = new Promise<[unknown, unknown]>((resolve) => {
    finish = () => resolve([[], []]);
  });
  const { cluster } = fakeCluster({
    execute: (statement) => (sqlOf(statement).includes("LIMIT ?") ? rows : answer(statement)),
  });
  let list: Promise<Response> | undefined;
  const { clean } = await run(cluster, async (url, stop) => {
    await tableSeen(url);
    list = fetch(`${url}/todo`);
    stop();
    const health = await fetch(`${url}/health`);
    expect([health.status, health.headers.get("connection")]).toEqual([503, "close"]);
    expect(((await health.json()) as { parts: object[] }).parts[0]).toEqual({
      ...{ name: "service", status: "critical", reason: "it is stopping" },
    });
    // Until it takes nothing new.
    while (
      await fetch(`${url}/health`).then(
        () => true,
        () => false,
      )
    );
    await sleep(systemClock, 100);
    finish();
  });
  expect(await (await list)?.text()).toBe("[]");
  expect(clean).toBe(true);
});

it("serves, and stops, without Consul", async () => {
  const { cluster, asked } = fakeCluster({ announce: () => new Promise(() => {}) });
  const { lines } = await run(cluster, async (url) => {
    expect((await fetch(`${url}/todo`)).status).toBe(200);
  });
  expect(lines.events()).toContain("service.not_deregistered");
  expect(asked.at(-1)).toBe("left");
});

it("says why it is not announced, and serves on", async () => {
  const refused = new MiniclusterError({ code: "CONSUL_REFUSED", kind: "refused", message: "no service:write" });
  const { cluster } = fakeCluster({ announce: () => Promise.reject(refused) });
  const { lines } = await run(cluster, async (url) => {
    expect((await fetch(`${url}/todo`)).status).toBe(200);
  });
  expect(lines.all).toContainEqual(
    expect.objectContaining({
      event: "announcement.failed",
      error: expect.objectContaining({ code: "CONSUL_REFUSED", message: "no service:write" }),
    }),
  );
});

it("stops also when it can't leave in order", async () => {
  const { cluster } = fakeCluster({ leave: () => Promise.reject(new Error("Vault is away")) });
  const { clean, lines } = await run(cluster, async () => {});
  expect(clean).toBe(false);
  expect(lines.events()).toContain("service.not_left");
});

it("leaves the cluster when it can't listen", async () => {
  const { cluster } = fakeCluster();
  await run(cluster, async (url) => {
    const second = fakeCluster();
    const running = runService({
      ...{ env: { BIND: new URL(url).host }, join: async () => second.cluster },
      ...{ log: new Lines() as never, stopping: new AbortController().signal },
    });
    await expect(running).rejects.toMatchObject({ code: "CANNOT_LISTEN" });
    expect(second.asked.slice(1)).toEqual(["left"]);
  });
});

it("joins nothing with a setting that is wrong", async () => {
  const running = runService({
    ...{ env: { BIND: "8080" }, join: () => Promise.reject(new Error("joined")) },
    ...{ log: new Lines() as never, stopping: new AbortController().signal },
  });
  await expect(running).rejects.toMatchObject({ code: "INVALID_SETTING" });
});
