import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sleep, systemClock } from "@minicluster/core";
import { type DevCluster, type ServiceProcess, startDevCluster } from "@minicluster/devcluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inForm, legs, missing, on } from "./legs.ts";
import { startTodo, untilHealthy } from "./todo-service.ts";

/** The fields of Vault's raw audit log whose values nobody may ever print. */
const secretFields = new Set([
  "client_token",
  "password",
  "secret_id",
  "app_id",
  "user_id",
  "token",
  "unwrapped_token",
]);

/** Every secret in a line of the raw audit log, wherever it stands. */
function secretsIn(value: unknown, found: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    if (typeof inner === "string" && secretFields.has(name) && inner.length >= 8) found.add(inner);
    secretsIn(inner, found);
  }
}

describe.each(inForm(legs.filter(({ needs }) => !needs.includes("vault-1.14.0"))))("a run on $name", (leg) => {
  let cluster: DevCluster;
  let reason: string | undefined;
  const progress: string[] = [];
  const audit = join(tmpdir(), `minicluster-audit-${process.pid}-${legs.indexOf(leg)}.log`);

  beforeAll(async () => {
    reason = await missing(leg);
    if (reason) return;
    cluster = await startDevCluster({
      ...on(leg, { nodes: 1, leaseTtl: "3s", maxTtl: "8s" }),
      onProgress: (line) => progress.push(line),
    });
    const { address } = await cluster.vault.active();
    const enabled = await fetch(`${address}/v1/sys/audit/raw`, {
      method: "PUT",
      headers: { "X-Vault-Token": cluster.vault.rootToken.reveal() },
      body: JSON.stringify({ type: "file", options: { file_path: audit, log_raw: "true", mode: "0600" } }),
    });
    expect(enabled.status).toBe(204);
  });

  afterAll(async () => {
    await cluster?.close();
    await rm(audit, { force: true });
  });

  it("prints none of the passwords, tokens, secret-ids, app-ids and user-ids that were issued in it", async ({
    skip,
  }) => {
    if (reason) skip(reason);
    const todos: ServiceProcess[] = await Promise.all([startTodo(cluster), startTodo(cluster)]);
    await Promise.all(todos.map((todo) => untilHealthy(todo)));
    for (let second = 0; second < 10; second += 1) {
      for (const { address } of todos) await (await fetch(`${address}/todo`)).text();
      await sleep(systemClock, 1_000);
    }
    // Failures print most: MySQL and Vault go away and come back.
    await cluster.mysql.kill();
    await fetch(`${todos[0]?.address}/todo`).then((response) => response.text());
    await cluster.mysql.restart();
    const instance = cluster.env("todo");
    const [vault] = cluster.vault.nodes;
    await vault?.kill();
    await sleep(systemClock, 5_000);
    const bad = await fetch(`${todos[0]?.address}/todo`, { method: "POST", body: "{" });
    await bad.text();
    await Promise.all(todos.map((todo) => todo.stop()));

    const found = new Set<string>();
    for (const line of (await readFile(audit, "utf8")).split("\n").filter(Boolean)) secretsIn(JSON.parse(line), found);
    found.add(cluster.vault.rootToken.reveal());
    for (const key of cluster.vault.keys) found.add(key.reveal());
    for (const value of Object.entries(instance)) if (/(APP|USER|SECRET)_ID$/.test(value[0])) found.add(value[1]);
    expect(found.size).toBeGreaterThan(10);
    const outputs: Record<string, string> = { progress: progress.join("\n") };
    for (const todo of todos) outputs[`todo ${todo.pid}`] = todo.log;
    for (const server of [cluster.mysql, cluster.consul.server, cluster.consul.agent, ...cluster.vault.nodes])
      outputs[server.name] = server.log;
    const leaks = Object.entries(outputs).flatMap(([name, text]) =>
      [...found].filter((secret) => text.includes(secret)).map((secret) => `${name}: ${secret.slice(0, 4)}…`),
    );
    console.log(
      `${found.size} secrets looked for in ${Object.keys(outputs).length} outputs of ${Object.values(outputs).join("").length} characters`,
    );
    expect(leaks).toEqual([]);
  });
});
