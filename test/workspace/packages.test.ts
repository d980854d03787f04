import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { code, files, manifestOf, packages, root, sources, text } from "./tree.ts";

const rootManifest = manifestOf(".");
const mostNames = 18;
/** Codes of Node's and of the MySQL driver's that ours are told from. */
const foreignCode = /^(PROTOCOL_|ER_|UND_ERR_|E[A-Z]+$)/;

describe.each(packages)("$short", (of) => {
  const { folder, manifest } = of;

  it("says in package.json what a registry and an installer need", () => {
    expect(manifest).toMatchObject({
      version: rootManifest.version,
      license: "MIT",
      type: "module",
      sideEffects: false,
      engines: rootManifest.engines,
      description: expect.stringMatching(/\w/),
    });
    expect(manifest.files).toContain("dist");
  });

  it("exports built files with types beside them", () => {
    expect(Object.keys(manifest.exports ?? {})).toContain(".");
    for (const target of Object.values(manifest.exports ?? {})) {
      const named = typeof target === "string" ? [target] : [target.types, target.default];
      for (const file of named) expect(existsSync(join(root, folder, file)), `${folder}/${file}`).toBe(true);
    }
    for (const file of Object.values(manifest.bin ?? {}))
      expect(text(join(folder, file))).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it("has a small face", async () => {
    const names = Object.keys(await import(pathToFileURL(join(root, folder, "dist/index.js")).href));
    expect(names.length, names.join(" ")).toBeGreaterThan(0);
    expect(names.length, names.join(" ")).toBeLessThanOrEqual(mostNames);
    expect(code(`${folder}/src/index.ts`)).not.toMatch(/export \*/);
  });

  it("has a test that holds the list of its exports", () => {
    expect(files).toContain(`${folder}/test/index.test.ts`);
  });

  it("has a README that begins with its name and has an example", () => {
    const readme = text(`${folder}/README.md`);
    expect(readme.startsWith(`# ${manifest.name}\n`)).toBe(true);
    expect(readme).toMatch(/^```(ts|sh)/m);
  });

  it("lists every error code it makes in its README", () => {
    const readme = text(`${folder}/README.md`);
    const codes = sources(of, "src").flatMap((file) => {
      const quoted = /\/errors?\.ts$/.test(file) ? /"([A-Z]+(?:_[A-Z]+)*)"/g : /\bcode: "([A-Z]+(?:_[A-Z]+)*)"/g;
      return [...code(file).matchAll(quoted)];
    });
    const own = codes.map((match) => match[1] ?? "").filter((name) => !foreignCode.test(name));
    const missing = new Set(own.filter((name) => !readme.includes(`\`${name}\``)));
    expect([...missing]).toEqual([]);
  });
});

it("the root README lists every package, with a link", () => {
  const readme = text("README.md");
  const missing = packages.filter(({ folder, manifest }) => !readme.includes(`[\`${manifest.name}\`](${folder})`));
  expect(missing.map(({ short }) => short)).toEqual([]);
});
