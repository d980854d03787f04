import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { requireLeg, startVault } from "@minicluster/servers";
import { describe, expect, test } from "vitest";
import { runCli } from "./run-cli.ts";

const bin = fileURLToPath(new URL("../bin/minicluster.js", import.meta.url));
// util-linux's `script` gives the command a terminal.
const missing = existsSync("/usr/bin/script") ? await requireLeg("vault-1.11.0") : "skipped without script";

interface Talk {
  code: number | null;
  shown: string;
}

/** Runs `unseal` on a terminal, and types what `answer` says to what is shown. */
function onTerminal(address: string, answer: (shown: string) => string | undefined): Promise<Talk> {
  return new Promise((resolve) => {
    const command = `${process.execPath} ${bin} unseal --vault ${address}`;
    const child = spawn("script", ["-qefc", command, "/dev/null"], { env: { PATH: process.env["PATH"] ?? "" } });
    let shown = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      shown += text;
      const typed = answer(shown);
      if (typed !== undefined) child.stdin.write(typed);
    });
    child.on("close", (code) => resolve({ code, shown }));
  });
}

describe.skipIf(missing)("unseal on a terminal", () => {
  test("asks for one key after the other, and shows none", async () => {
    await using vault = await startVault();
    const init = await runCli(["init", "--vault", vault.address, "--shares", "2", "--threshold", "2", "--json"]);
    const { keys } = JSON.parse(init.stdout) as { keys: string[] };
    let asked = 0;
    const { code, shown } = await onTerminal(vault.address, (text) => {
      if (text.split("Unseal key (not shown): ").length - 1 <= asked) return undefined;
      asked += 1;
      return `${keys[asked - 1]}\r`;
    });
    expect([code, asked]).toEqual([0, 2]);
    expect(shown).toContain(`${vault.address}: unsealed`);
    for (const key of keys) expect(shown).not.toContain(key);
  });

  test("Ctrl-C at the question ends it with 130", async () => {
    await using vault = await startVault();
    await runCli(["init", "--vault", vault.address, "--shares", "1", "--threshold", "1"]);
    let typed = false;
    const { code, shown } = await onTerminal(vault.address, (text) => {
      if (typed || !text.includes("Unseal key")) return undefined;
      typed = true;
      return "\u0003";
    });
    expect(code).toBe(130);
    expect(shown).toContain("minicluster: stopped");
  });
});
