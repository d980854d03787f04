import { mkdtemp, readdir, rmdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missing, seedLegs } from "./legs.ts";
import { curlLines, expectSeedAnswers, shell } from "./seed-calls.ts";
import { stateOf, Terminal } from "./terminal.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What `npm start` is given, by who plays Consul and Vault. */
const flags = { embedded: [], real: ["--vault-version", "1.11.0"] };
/** What runs at the least: itself, MariaDB, two todos, and with real servers two Consul agents and two Vaults. */
const processes = { embedded: 4, real: 8 };

describe.each(seedLegs)("npm start on $name", (leg) => {
  let terminal: Terminal;
  let reason: string | undefined;
  let temporary = "";
  let curls: string[] = [];

  beforeAll(async () => {
    reason = await missing(leg);
    if (reason) return;
    temporary = await mkdtemp(join(tmpdir(), "minicluster-start-"));
    const command = [process.execPath, "scripts/start.mjs", ...flags[leg.engine]] as const;
    terminal = new Terminal(command, root, { TMPDIR: temporary });
    curls = await curlLines(terminal);
  });

  afterAll(async () => void (await terminal?.interrupt()));

  it("prints the seed's five curl lines, which give the seed's answers", ({ skip }) => {
    if (reason) skip(reason);
    expectSeedAnswers(curls);
  });

  it("answers the creation with 201 and Location: todo/ID", ({ skip }) => {
    if (reason) skip(reason);
    const answer = shell((curls[0] ?? "").replace("curl", "curl -si"));
    expect(answer).toMatch(/^HTTP\/1\.1 201 Created\r\n/);
    const id = /"id":(\d+)/.exec(answer)?.[1];
    expect(answer).toContain(`\r\nLocation: todo/${id}\r\n`);
  });

  it("ends on Ctrl-C with nothing left", async ({ skip }) => {
    if (reason) skip(reason);
    const below = terminal.descendants();
    expect(below.length).toBeGreaterThanOrEqual(processes[leg.engine]);
    expect(await terminal.interrupt(), terminal.output).toBe(0);
    expect(below.map(stateOf).filter((state) => state !== "")).toEqual([]);
    expect(await readdir(temporary)).toEqual([]);
    await rmdir(temporary);
  });
});
