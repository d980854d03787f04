import { type DevCluster, startDevCluster } from "@minicluster/devcluster";
import { requireLeg } from "@minicluster/servers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runHere } from "./run-here.ts";

const missing = await requireLeg("mariadb");

describe.skipIf(missing)("minicluster doctor, when one of two Vault nodes goes", () => {
  let cluster: DevCluster;
  beforeEach(async () => {
    cluster = await startDevCluster({ services: ["billing"], vault: { takeover: "10m" } });
  });
  afterEach(() => cluster.close());

  const doctor = (...args: string[]) => runHere(["doctor", ...args], cluster.env("billing"));

  test("a standby that is gone is a warning, with what to do, and no failure", async () => {
    const standby = await cluster.vault.standby();
    await standby.kill();
    const { code, stdout, stderr } = await doctor("--timeout", "1s");
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(`warning      vault        ${standby.address} is unreachable: `);
    expect(stdout).toMatch(/^ {26}-> start it, or look whether a firewall is between/m);
    expect(stdout).toMatch(/^not checked {2}leases .*\n {26}-> to look for them, set VAULT_TOKEN/m);
  });

  test("a standby that is sealed is a warning that names the command", async () => {
    const standby = await cluster.vault.standby();
    await standby.restart();
    const { code, stdout } = await doctor();
    expect(code).toBe(0);
    expect(stdout).toContain(`warning      vault        ${standby.address} is sealed\n${" ".repeat(26)}-> unseal it: `);
  });

  test("without a leader it says that a standby takes over, and what could not be looked at", async () => {
    const leader = await cluster.vault.active();
    await leader.kill();
    const { code, stdout, stderr } = await doctor("--timeout", "1s", "--json");
    expect([code, stderr]).toEqual([1, "minicluster: 2 failures\n"]);
    const { healthy, findings } = JSON.parse(stdout) as { healthy: boolean; findings: Record<string, string>[] };
    expect(healthy).toBe(false);
    const failures = findings.filter(({ status }) => status === "failure");
    expect(failures.map(({ what }) => what)).toEqual([
      expect.stringMatching(`^${leader.address} is unreachable: `),
      "no node is active",
    ]);
    expect(failures[1]?.["advice"]).toMatch(/^wait: a standby takes over/);
    expect(findings.at(-1)).toMatchObject({ status: "not checked", subject: "login" });
  });

  test("on a terminal the verdict has its colour, but not with NO_COLOR", async () => {
    const env = cluster.env("billing");
    const shown = await runHere(["doctor"], { ...env, TERM: "xterm" }, { isTTY: true });
    expect(shown.stdout).toContain("\u001b[32mok         \u001b[39m  consul");
    const plain = await runHere(["doctor"], { ...env, TERM: "xterm", NO_COLOR: "1" }, { isTTY: true });
    expect(plain.stdout).not.toContain("\u001b");
  });
});
