import { describe, expect, it } from "vitest";
import { allowed, importTable, ours } from "./import-table.ts";
import { code, files, importsOf, manifestOf, packageOf, packages, sources, text } from "./tree.ts";

/** What every test may use: the root has them. */
const testTools = Object.keys(manifestOf(".").devDependencies ?? {});
/** Tests may also start real servers. */
const testServers = ["servers", "devcluster"];

it("the import table has a row for each package and no other", () => {
  expect([...importTable.keys()].sort()).toEqual(packages.map(({ short }) => short).sort());
});

it("core stands on nothing", () => {
  expect(manifestOf("packages/core").dependencies ?? {}).toEqual({});
});

it("nothing imports test/", () => {
  const borrowed = packages
    .flatMap((of) => [...sources(of, "src"), ...sources(of, "test")])
    .filter((file) =>
      importsOf(file).some((specifier) => /^@minicluster\/test$|(\.\.\/)+test\/[a-z0-9]+\//.test(specifier)),
    );
  expect(borrowed).toEqual([]);
});

describe.each(packages)("$short", (of) => {
  const { manifest, folder } = of;

  it("depends on what the import table allows", () => {
    expect(ours(manifest.dependencies).filter((name) => !allowed(of).includes(name))).toEqual([]);
    const dev = ours(manifest.devDependencies).filter((name) => !testServers.includes(name));
    expect(dev.filter((name) => !allowed(of).includes(name))).toEqual([]);
  });

  it("imports what its dependencies name, and each of them", () => {
    const imported = new Set(
      sources(of, "src").flatMap((file) => importsOf(file).flatMap((name) => packageOf(name) ?? [])),
    );
    expect([...imported].sort()).toEqual(Object.keys(manifest.dependencies ?? {}).sort());
  });

  it("has no file that reaches out of the package by a path", () => {
    const paths = [...sources(of, "src"), ...sources(of, "test")].flatMap((file) =>
      importsOf(file)
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => new URL(specifier, `file:///${file}`).pathname.slice(1)),
    );
    expect(paths.filter((path) => !path.startsWith(`${folder}/`))).toEqual([]);
  });

  it("imports in its tests what its package.json or the root's names", () => {
    const known = [
      ...Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }),
      ...testTools,
      manifest.name,
    ];
    const imported = sources(of, "test").flatMap((file) => importsOf(file).flatMap((name) => packageOf(name) ?? []));
    expect(imported.filter((name) => !known.includes(name))).toEqual([]);
  });

  it("is built after the packages it imports", () => {
    const { references } = JSON.parse(text(`${folder}/tsconfig.json`)) as { references: { path: string }[] };
    const named = references.map(({ path }) => path.split("/").at(-1)).sort();
    const needed = ours(manifest.dependencies).map((name) => name.split("/").at(-1));
    expect(named).toEqual(needed.sort());
  });
});

it("Node's own modules are named with node:", () => {
  const bare = files
    .filter((file) => /\.(ts|mjs)$/.test(file))
    .filter((file) =>
      /from "(fs|path|net|http|https|os|crypto|events|child_process|util|dns|url|stream)(\/promises)?"/.test(
        code(file),
      ),
    );
  expect(bare).toEqual([]);
});
