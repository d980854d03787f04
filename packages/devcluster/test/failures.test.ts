import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type DevCluster, startDevCluster } from "../src/index.ts";
import { credentialsOf } from "./by-hand.ts";
import { engines, missing } from "./engines.ts";

describe.each(engines)("failures on demand on %s servers", async (engine) => {
  const reason = await missing(engine);
  let cluster: DevCluster;

  beforeAll(async () => {
    if (!reason) cluster = await startDevCluster({ engine });
  });
  afterAll(() => cluster?.close());

  const answers = (address: string): Promise<boolean> =>
    fetch(`${address}/v1/status/leader`, { signal: AbortSignal.timeout(500) }).then(
      async (answer) => (await answer.text()).includes(":"),
      () => false,
    );
  const both = (): Promise<boolean[]> =>
    Promise.all([cluster.consul.server, cluster.consul.agent].map(({ address }) => answers(address)));

  test.skipIf(reason)("consul.pause() freezes server and agent until resume()", async () => {
    expect(await both()).toEqual([true, true]);
    await cluster.consul.pause();
    expect([cluster.consul.server.paused, cluster.consul.agent.paused]).toEqual([true, true]);
    expect(await both()).toEqual([false, false]);
    await cluster.consul.resume();
    await expect.poll(both, { timeout: 10_000 }).toEqual([true, true]);
  });

  test.skipIf(reason)("vault.seal() and unseal() bring services back", async () => {
    const env = cluster.env("todo");
    await cluster.vault.seal();
    await expect(credentialsOf(env)).rejects.toThrow();
    await cluster.vault.unseal();
    await expect.poll(() => credentialsOf(env).then(() => "in", String), { timeout: 30_000 }).toBe("in");
  });

  test.skipIf(reason)("mysql.kill() and restart(): same port, same rows", async () => {
    await cluster.mysql.admin("CREATE TABLE todo.kept (id INT)");
    await cluster.mysql.kill();
    await expect(cluster.mysql.admin("SELECT 1")).rejects.toThrow("ECONNREFUSED");
    await cluster.mysql.restart();
    expect(await cluster.mysql.admin("SELECT * FROM todo.kept")).toEqual([]);
  });

  test.skipIf(reason)("consul.kill() and restart(): both lead and know mysql again", async () => {
    await cluster.consul.kill();
    expect(await both()).toEqual([false, false]);
    await cluster.consul.restart();
    await expect.poll(both, { timeout: 10_000 }).toEqual([true, true]);
    const url = `${cluster.consul.agent.address}/v1/health/service/mysql?passing`;
    const passing = async (): Promise<number> => ((await (await fetch(url)).json()) as unknown[]).length;
    await expect.poll(() => passing().catch(() => 0), { timeout: 10_000 }).toBe(1);
  });

  test.skipIf(reason)(
    "the stock of logins lasts while Vault is away, is filled up after, and may be of any size",
    async () => {
      await using small = await startDevCluster({ engine, mysql: false, logins: 3, vault: { nodes: 1 } });
      const ids = (): unknown => (small.env("todo")["VAULT_USER_ID"] ?? "").length;
      expect([ids(), ids(), ids()]).toEqual([36, 36, 36]);
      expect(ids).toThrow(expect.objectContaining({ code: "DEVCLUSTER_NO_LOGIN" }));
      await expect.poll(() => [1, 2, 3].map(ids).length).toBe(3);
      await expect(small.run("todo", { command: "/nonexistent" })).rejects.toMatchObject({ code: "START_FAILED" });
    },
  );
});
