import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./child.mjs";
import { pnpm, publicPackages, root } from "./root.mjs";
import { sum } from "./tally.mjs";

/** Packs every public package and looks at the tarballs as somebody who installs them would. */
export async function checkPackaging({ scratch }) {
  const tarballs = join(scratch, "tarballs");
  mkdirSync(tarballs);
  const filters = publicPackages().flatMap(({ manifest }) => ["--filter", manifest.name]);
  const pack = [...pnpm("--recursive", ...filters, "pack", "--pack-destination", tarballs)];
  if (!(await passes("pnpm pack", pack, root))) return { passed: 0, failed: 1, skipped: 0 };
  const files = readdirSync(tarballs).map((name) => join(tarballs, name));
  const results = await inPairs(files.flatMap(linters), ({ name, command }) => passes(name, command, scratch));
  for (const file of files) results.push(await holdsWhatItShould(file));
  results.push(await installsAndLoads(files, scratch));
  return sum(results.map((ok) => ({ passed: Number(ok), failed: Number(!ok), skipped: 0 })));
}

function linters(tarball) {
  const bin = (name) => join(root, "node_modules/.bin", name);
  const name = tarball.split("/").at(-1);
  return [
    { name: `publint ${name}`, command: [bin("publint"), "run", tarball, "--strict"] },
    // The profile leaves out what no package here claims: CommonJS before require() of ESM, resolution before exports.
    {
      name: `attw ${name}`,
      command: [bin("attw"), tarball, "--profile", "esm-only", "--no-color", "--format", "ascii"],
    },
  ];
}

const mustHold = [/^package\/README\.md$/, /^package\/LICENSE$/, /^package\/dist\/index\.d\.ts$/];
const mustNotHold = [/\.tsbuildinfo$/, /\/test\//, /\/src\/.*\.ts$/, /\/node_modules\//, /\/\.env/];
/** What `minicluster new` copies has sources and tests of its own. */
const template = /^package\/template\/(?!node_modules|dist)/;

async function holdsWhatItShould(tarball) {
  const { output } = await run(["tar", "-tzf", tarball], { capture: true });
  const names = output.trim().split("\n");
  const missing = mustHold.filter((pattern) => !names.some((name) => pattern.test(name)));
  const unwanted = names.filter((name) => !template.test(name) && mustNotHold.some((pattern) => pattern.test(name)));
  if (missing.length + unwanted.length === 0) return true;
  console.error(
    `${tarball.split("/").at(-1)}: without ${missing.join(" ") || "nothing"}, with ${unwanted.join(" ") || "nothing"}`,
  );
  return false;
}

/** One npm install of all tarballs in an empty folder; then each entry by import and by require(). */
async function installsAndLoads(tarballs, scratch) {
  const folder = join(scratch, "consumer");
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true }));
  const install = ["npm", "install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", ...tarballs];
  if (!(await passes("npm install of the tarballs", install, folder))) return false;
  const entries = publicPackages().flatMap(({ manifest }) =>
    Object.keys(manifest.exports).map((entry) => manifest.name + entry.slice(1)),
  );
  const modules = entries.filter((entry) => !entry.endsWith(".json"));
  writeFileSync(join(folder, "import.mjs"), modules.map((entry) => loaded(entry, `await import("${entry}")`)).join(""));
  writeFileSync(join(folder, "require.cjs"), entries.map((entry) => loaded(entry, `require("${entry}")`)).join(""));
  const imported = await passes("import of every entry", [process.execPath, "import.mjs"], folder);
  const required = await passes("require() of every entry", [process.execPath, "require.cjs"], folder);
  return imported && required;
}

const loaded = (entry, expression) =>
  `if (Object.keys(${expression}).length === 0) throw new Error("${entry} exports nothing");\n`;

/** Quiet when it works. */
async function passes(name, command, cwd) {
  const { code, output } = await run(command, { cwd, capture: true });
  if (code !== 0) console.error(`${name}: failed\n${output}`);
  return code === 0;
}

async function inPairs(items, work) {
  const results = [];
  for (let at = 0; at < items.length; at += 2) results.push(...(await Promise.all(items.slice(at, at + 2).map(work))));
  return results;
}
