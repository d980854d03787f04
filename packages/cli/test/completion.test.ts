import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { program } from "../src/program.ts";
import { Terminal } from "../src/terminal.ts";
import { runHere } from "./run-here.ts";

const context = { terminal: new Terminal({ ...process, env: {} }), signal: new AbortController().signal };
const root = program(context, "0");
const names = root.commands.map((command) => command.name());
const script = async (shell: string): Promise<string> => (await runHere(["completion", shell])).stdout;

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "completion-"));
  await writeFile(join(folder, "keys.json"), "");
  await mkdir(join(folder, "kept"));
});
afterAll(() => rm(folder, { recursive: true }));

/** The words that bash would offer for the last of these, as it calls the function. */
async function bash(...words: string[]): Promise<string[]> {
  const [last, before] = [words.at(-1) ?? "", words.at(-2) ?? "minicluster"];
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  const lines = [
    await script("bash"),
    `COMP_WORDS=(minicluster ${words.map(quoted).join(" ")})`,
    `COMP_CWORD=${words.length}`,
    `_minicluster minicluster ${quoted(last)} ${quoted(before)}`,
    `for each in "\${COMPREPLY[@]}"; do printf "%s\\n" "$each"; done`,
    "complete -p minicluster >/dev/null",
  ];
  const { stdout, stderr, status } = spawnSync("bash", ["--norc"], {
    input: lines.join("\n"),
    cwd: folder,
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
  return stdout.split("\n").filter((line) => line !== "");
}

describe("bash", () => {
  test("offers every command", async () => {
    expect(await bash("")).toEqual([...names, "help", "--version", "--help"]);
    expect(await bash("help", "")).toEqual(names);
  });

  test.each(names)("offers every option of %s", async (name) => {
    const options = root.commands.find((command) => command.name() === name)?.options.map(({ long }) => long);
    expect(await bash(name, "--")).toEqual([...(options ?? []), "--help"]);
  });

  test.each<[string[], string[]]>([
    [["st"], ["status"]],
    [["nothing"], []],
    [["dev", "--au"], ["--auth"]],
    [
      ["dev", "--auth", ""],
      ["app-id", "approle"],
    ],
    [["dev", "--auth", "app-"], ["app-id"]],
    [["dev", "--auth", "=", "appr"], ["approle"]],
    [
      ["dev", "--service", "x", "--engine", ""],
      ["mysql", "database"],
    ],
    [["dev", "--service", ""], []],
    [["init", "--vault", ""], []],
    [
      ["init", "--keys-file", "k"],
      ["kept", "keys.json"],
    ],
    [["provision", ""], []],
    [
      ["completion", ""],
      ["bash", "zsh", "fish"],
    ],
    [["completion", "z"], ["zsh"]],
    [["$(rm -rf x)", "'"], []],
  ])("%j", async (words, expected) => {
    expect((await bash(...words)).sort()).toEqual(expected.sort());
  });
});

describe.each(["zsh", "fish"])("%s", (shell) => {
  test("names every command and option", async () => {
    const text = await script(shell);
    for (const command of root.commands) {
      expect(text).toContain(command.name());
      for (const { long } of command.options)
        expect(text).toContain(shell === "fish" ? `-l ${long?.slice(2)} ` : `${long}`);
    }
  });

  test("every quote is closed", async () => {
    for (const line of (await script(shell)).split("\n")) {
      const plain = line.replaceAll(`'\\''`, "").replaceAll("\\'", "");
      expect((plain.match(/'/g) ?? []).length % 2, line).toBe(0);
    }
  });

  const program = ["/usr/bin", "/bin", "/usr/local/bin"].map((at) => join(at, shell)).find(existsSync);
  test.skipIf(!program)("is a script that the shell can read", async () => {
    const { status, stderr } = spawnSync(program ?? "", ["-n"], { input: await script(shell), encoding: "utf8" });
    expect([status, stderr]).toEqual([0, ""]);
  });
});
