import { ManualClock } from "@minicluster/core/testing";
import { fixed } from "@minicluster/discovery";
import { describe, expect, it } from "vitest";
import { Cluster } from "../src/index.ts";

/** Nobody listens there: what is away must not matter to join(). */
const nowhere = { CONSUL_HTTP_ADDR: "127.0.0.1:1" };
const login = { VAULT_APP_ID: "todo", VAULT_USER_ID: "instance" };
const mysql = { credentials: "mysql/creds/todo", database: "todo", acquireTimeout: "200ms" } as const;

describe("join", () => {
  it.each([
    [{ CONSUL_HTTP_ADDR: "ftp://127.0.0.1" }, "CONSUL_HTTP_ADDR"],
    [{ CONSUL_HTTP_ADDR: "127.0.0.1:http" }, "CONSUL_HTTP_ADDR"],
    [{ CONSUL_HTTP_SSL: "maybe" }, "CONSUL_HTTP_SSL"],
    [{ CONSUL_CACERT: "/nonexistent/ca.pem" }, "CONSUL_CACERT"],
    [{ VAULT_APP_ID: "a" }, "VAULT_USER_ID"],
    [{ VAULT_USER_ID: "u" }, "VAULT_APP_ID"],
    [{ ...login, VAULT_ROLE_ID: "r", VAULT_SECRET_ID: "s" }, "VAULT_ROLE_ID"],
    [{ VAULT_ROLE_ID: "r", VAULT_SECRET_ID: "s", VAULT_SECRET_ID_FILE: "f" }, "VAULT_SECRET_ID_FILE"],
    [{ ...login, VAULT_ADDR: "vault" }, "VAULT_ADDR"],
    [{ ...login, VAULT_CACERT: "/nonexistent/ca.pem" }, "VAULT_CACERT"],
  ])("refuses %j at once, naming %s", async (env, name) => {
    await expect(Cluster.join({ env })).rejects.toMatchObject({
      kind: "invalid",
      message: expect.stringContaining(name),
    });
  });

  it("returns without waiting for anything that is away", async () => {
    const cluster = await Cluster.join({ env: { ...nowhere, ...login } });
    const pool = cluster.mysql(mysql);
    await cluster.announce({ service: "todo", port: 1, check: { http: "/" } });
    const { status, parts } = cluster.health();
    expect(status).toBe("critical");
    expect(parts.map(({ name }) => name)).toEqual(["vault", "mysql:todo", "announce:todo"]);
    await expect(cluster.ready({ timeout: "300ms" })).rejects.toMatchObject({
      code: "CLUSTER_NOT_READY",
      message: expect.stringMatching(/not ready within 300 ms: .*mysql:todo: /),
    });
    await expect(pool.query({ sql: "SELECT 1" })).rejects.toMatchObject({ code: expect.stringMatching(/^POOL_/) });
    await cluster.leave();
  });

  it("needs a login only from who uses Vault", async () => {
    const cluster = await Cluster.join({ env: nowhere });
    expect(() => cluster.mysql(mysql)).toThrow("VAULT_APP_ID");
    expect(cluster.health()).toEqual({ status: "passing", parts: [] });
    await cluster.leave();
  });

  it("finds services where it is told to", async () => {
    const source = fixed({ services: { billing: [{ address: "10.0.0.5", port: 80 }] } });
    const cluster = await Cluster.join({ env: nowhere, source });
    expect(await cluster.service("billing").resolve()).toMatchObject([{ address: "10.0.0.5", port: 80 }]);
    await cluster.leave();
  });

  it("does not begin under an aborted signal, and leaves when it is aborted later", async () => {
    await expect(Cluster.join({ env: nowhere, signal: AbortSignal.abort(new Error("stop")) })).rejects.toThrow("stop");
    const controller = new AbortController();
    const cluster = await Cluster.join({ env: nowhere, signal: controller.signal });
    const left = cluster.events.once("left");
    controller.abort();
    await left;
  });
});

describe("leave", () => {
  it("ends everything once, and says so to who goes on", async () => {
    const clock = new ManualClock();
    const cluster = await Cluster.join({ env: nowhere, clock });
    await cluster.leave();
    await cluster.leave();
    expect(clock.pending).toBe(0);
    expect(() => cluster.service("billing")).toThrow("the cluster was left");
    expect(() => cluster.mysql(mysql)).toThrow("the cluster was left");
    await expect(cluster.announce({ service: "todo", port: 1 })).rejects.toMatchObject({ code: "CLUSTER_LEFT" });
  });
});
