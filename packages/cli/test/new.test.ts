import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runHere } from "./run-here.ts";

const own = fileURLToPath(new URL("..", import.meta.url));
const manifest = async (path: string) => JSON.parse(await readFile(path, "utf8"));

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "new-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("makes a service that has the directory's name everywhere, and this version's libraries", async () => {
  const { code, stdout, stderr } = await runHere(["new", join(folder, "to-pay"), "--json"]);
  expect([code, stderr]).toEqual([0, ""]);
  const { service, directory, files } = JSON.parse(stdout) as { service: string; directory: string; files: string[] };
  expect([service, directory]).toEqual(["to-pay", join(folder, "to-pay")]);
  const there = await readdir(directory, { recursive: true, withFileTypes: true });
  expect(there.filter((entry) => entry.isFile())).toHaveLength(files.length);
  expect(files).toContain(".gitignore");
  const all = await Promise.all(files.map((file) => readFile(join(directory, file), "utf8")));
  expect(all.join("\n")).not.toMatch(/my.service/);
  expect(all.join("\n")).toContain('env["MYSQL_DATABASE"] ?? "to_pay"');
  const made = await manifest(join(directory, "package.json"));
  const { version } = await manifest(join(own, "package.json"));
  expect(made).toMatchObject({ name: "to-pay", dependencies: { "@minicluster/sdk": version } });
  for (const name of ["cli", "devcluster"]) expect(made.devDependencies[`@minicluster/${name}`]).toBe(version);
});

test("says what to do next", async () => {
  const { stdout } = await runHere(["new", join(folder, "a")]);
  expect(stdout).toMatch(
    /^made .*\/a: .*src\/service\.ts.*\n {2}cd .*\n {2}npm install\n {2}npm start\n {2}npm test\n$/,
  );
});

test("an empty directory will do", async () => {
  await mkdir(join(folder, "app"));
  expect((await runHere(["new", join(folder, "app")])).code).toBe(0);
});

describe("what can't be used is one line, exit code 2, and nothing made", () => {
  test.each([
    ["full", /full is not empty; name a new one/],
    ["file", /file is no directory; name a new one/],
    ["file/app", /app is no directory; name a new one/],
    ["My_App", /service: "My_App" is not valid; write up to 32 lower-case letters/],
    ["a b", /service: "a b" is not valid/],
    ["-", /service: "-" is not valid/],
    ["vault", /vault is the name of a server/],
    ["mysql", /mysql is the name of a server/],
    ["sys", /database: sys belongs to the server itself/],
    ["x".repeat(33), /is not valid/],
  ])("%s", async (name, message) => {
    await mkdir(join(folder, "full"));
    await writeFile(join(folder, "full", "kept"), "");
    await writeFile(join(folder, "file"), "");
    const { code, stdout, stderr } = await runHere(["new", join(folder, name)]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect((await readdir(folder, { recursive: true })).sort()).toEqual(["file", "full", "full/kept"]);
  });

  test("whatever the name is, it is a service or refused", async () => {
    const name = fc.string({ unit: "binary", minLength: 1, maxLength: 40 }).filter((text) => !/[/\0]|^\.+$/.test(text));
    await fc.assert(
      fc.asyncProperty(name, async (text) => {
        const { code, stdout } = await runHere(["new", join(folder, text), "--json"]);
        if (code === 0) expect(JSON.parse(stdout).service).toMatch(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/);
        else expect([code, stdout]).toEqual([2, ""]);
        await rm(join(folder, text), { recursive: true, force: true });
      }),
      { numRuns: 60 },
    );
  });
});

test("the template's tools are those that this repository is built with", async () => {
  const template = await manifest(join(own, "template/package.json"));
  const { devDependencies } = await manifest(join(own, "../../package.json"));
  for (const name of ["typescript", "@types/node"]) {
    expect(template.devDependencies[name]).toBe(devDependencies[name]);
  }
});
