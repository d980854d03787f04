import { expect, it } from "vitest";
import { code, files, packages, sources, text } from "./tree.ts";

/** README.md's tables of variables. */
const documented = new Set(
  [...text("README.md").matchAll(/^\| `([A-Z][A-Z0-9_]+)` \|/gm)].map((match) => match[1] ?? ""),
);

/** The machine's own, which need no line in a table of ours. */
const ambient = [
  "PATH",
  "HOME",
  "TMPDIR",
  "CI",
  "NO_COLOR",
  "FORCE_COLOR",
  "TERM",
  "INIT_CWD",
  "DEBUG",
  "NODE_ENV",
  "XDG_CACHE_HOME",
  "XDG_RUNTIME_DIR",
];

const scripts = files.filter((file) => /^scripts\/.*\.mjs$|^test\/.*\.ts$/.test(file));
const ourCode = packages.flatMap((of) => sources(of, "src"));

/** Variables that code names as such: `env.NAME`, `env["NAME"]`, `{ NAME } = process.env`, or a quoted name with one of our prefixes. */
function named(file: string): string[] {
  const source = code(file);
  const forms = [
    /\benv\??\.([A-Z][A-Z0-9_]+)\b/g,
    /\benv(?:\?\.)?\[["']([A-Z][A-Z0-9_]+)["']\]/g,
    /\b(?:name|variable|env): "([A-Z][A-Z0-9]*_[A-Z0-9_]+|BIND)"/g,
    /\b(MINICLUSTER_[A-Z]+(?:_[A-Z]+)*)\b/g,
  ];
  return forms.flatMap((form) => [...source.matchAll(form)].map((match) => match[1] ?? ""));
}

it("README.md lists each variable that is read", () => {
  const unlisted = [...ourCode, ...scripts].flatMap((file) =>
    named(file)
      .filter((name) => !documented.has(name) && !ambient.includes(name))
      .map((name) => `${file}: ${name}`),
  );
  expect([...new Set(unlisted)]).toEqual([]);
});

it("each variable of README.md is read somewhere", () => {
  const all = [...ourCode, ...scripts.filter((file) => !file.includes("workspace"))].map(code).join("\n");
  expect([...documented].filter((name) => !new RegExp(`\\b${name}\\b`).test(all))).toEqual([]);
});
