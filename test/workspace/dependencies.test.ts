import { dirname } from "node:path";
import { expect, it } from "vitest";
import { files, manifestOf, packages, text } from "./tree.ts";

it("the lockfile names no host: each machine uses its own registry", () => {
  expect(text("pnpm-lock.yaml")).not.toMatch(/https?:\/\/|tarball:/);
  expect(files.filter((file) => /(^|\/)\.npmrc$/.test(file))).toEqual([]);
});

it("pnpm's version is pinned", () => {
  expect(JSON.parse(text("package.json"))).toMatchObject({
    packageManager: expect.stringMatching(/^pnpm@\d+\.\d+\.\d+$/),
  });
});

it("packages of the workspace are linked, never fetched", () => {
  for (const { manifest } of packages) {
    const all = { ...manifest.dependencies, ...manifest.devDependencies };
    for (const [name, range] of Object.entries(all)) {
      if (name.startsWith("@minicluster/")) expect(range, `${manifest.name} -> ${name}`).toBe("workspace:*");
      else expect(range, `${manifest.name} -> ${name}`).toMatch(/^\^\d+\.\d+\.\d+$/);
    }
  }
});

it("one version of a dependency, whoever asks", () => {
  const asked = new Map<string, Set<string>>();
  for (const { manifest } of [...packages, { manifest: manifestOf("test") }]) {
    for (const [name, range] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      asked.set(name, (asked.get(name) ?? new Set()).add(range));
    }
  }
  expect([...asked].filter(([, ranges]) => ranges.size > 1).map(([name]) => name)).toEqual([]);
});

it("every Go module is locked", () => {
  const modules = files.filter((file) => file.endsWith("go.mod")).map((file) => dirname(file));
  expect(modules.filter((folder) => !files.includes(`${folder}/go.sum`))).toEqual([]);
  expect(modules.length).toBeGreaterThan(0);
});

it("ARCHITECTURE.md says why each runtime dependency is there", () => {
  const section = text("ARCHITECTURE.md").split("## Dependencies")[1] ?? "";
  const named = new Set([...section.matchAll(/^\| `([^`]+)`/gm)].map((match) => match[1] ?? ""));
  const used = packages.flatMap(({ manifest }) => Object.keys(manifest.dependencies ?? {}));
  const foreign = new Set(used.filter((name) => !name.startsWith("@minicluster/")));
  const tools = Object.keys(manifestOf(".").devDependencies ?? {});
  expect([...named].sort()).toEqual([...foreign, ...tools].sort());
});
