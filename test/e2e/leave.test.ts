import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { type DevCluster, startDevCluster } from "@minicluster/devcluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { leftovers } from "./leftovers.ts";
import { missing, on, seedLegs } from "./legs.ts";

const program = fileURLToPath(new URL("programs/join-and-leave.mjs", import.meta.url));

describe.each(seedLegs)("a service that left $name", (leg) => {
  let cluster: DevCluster;
  let reason: string | undefined;

  beforeAll(async () => {
    reason = await missing(leg);
    if (!reason) cluster = await startDevCluster(on(leg, { nodes: 1 }));
  });

  afterAll(() => cluster?.close());

  const ask = async (path: string): Promise<{ data: { keys: string[] } }> => {
    const { address } = await cluster.vault.active();
    const headers = { "X-Vault-Token": cluster.vault.rootToken.reveal() };
    return (await (await fetch(`${address}/v1/${path}`, { headers })).json()) as { data: { keys: string[] } };
  };

  it("has no socket, timer, lease, token or registration left, and ends by itself", async ({ skip }) => {
    if (reason) skip(reason);
    const env = cluster.env("todo");
    const tokens = (await ask("auth/token/accessors?list=true")).data.keys;
    const child = spawn(process.execPath, [program], { env: { PATH: process.env["PATH"], ...env } });
    const [out, errors, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise((resolve) => child.once("close", resolve)),
    ]);
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(JSON.parse(out)).toEqual({ rows: [{ one: 1 }], text: "ok", left: [] });
    expect(await leftovers(cluster)).toEqual({ accounts: [], leases: [] });
    expect((await ask("auth/token/accessors?list=true")).data.keys.sort()).toEqual(tokens.sort());
    const services = await (await fetch(`${cluster.consul.agent.address}/v1/agent/services`)).json();
    expect(Object.values(services as Record<string, { Service: string }>).map(({ Service }) => Service)).not.toContain(
      "leaver",
    );
  });
});
