import { cpSync, existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { breaks } from "../test/drills/sabotage/breaks.mjs";
import { run } from "./child.mjs";
import { root } from "./root.mjs";

/**
 * Breaks a copy of the tree in one way after another, and runs the drills there that must notice, until one does.
 *
 * @param {{ env: Record<string, string>, out: string, names: readonly string[], perform: (name: string, place: { root: string, env: Record<string, string>, out: string }) => Promise<{ code: number, record: object }> }} options
 * @returns {Promise<object[]>} a row a break: what it is, which drill caught it and by what
 */
export async function sabotage({ env, out, names, perform }) {
  const rows = [];
  for (const broken of breaks.filter(({ name }) => names.length === 0 || names.includes(name))) {
    console.log(`\n=== ${broken.name}: ${broken.what}`);
    const place = mkdtempSync(join(tmpdir(), "minicluster-sabotage-"));
    try {
      copyTree(place);
      for (const edit of broken.edits) patch(place, broken.name, edit);
      const built = await run([join(place, "node_modules/.bin/tsc"), "--build"], { cwd: place });
      if (built.code !== 0) throw new Error(`${broken.name}: the broken copy does not build`);
      rows.push(await caught(broken, { root: place, env, out: join(out, "sabotage"), perform }));
    } finally {
      rmSync(place, { recursive: true, force: true });
    }
  }
  return rows;
}

export const breakNames = breaks.map(({ name }) => name);

/** The first drill that notices. One without a record did not run, so it noticed nothing. */
async function caught({ name, what, drills }, { perform, ...place }) {
  for (const drill of drills) {
    const { code, record } = await perform(drill, place);
    const failed = record.holds?.filter(({ ok }) => !ok) ?? [];
    if (code !== 0 && failed.length > 0)
      return { name, what, drill, by: failed.map(({ what, figure }) => `${what}: ${figure}`) };
  }
  return { name, what, drill: undefined, by: [] };
}

/** Everything but what can be shared: installed packages are linked to, what was built is copied. */
function copyTree(place) {
  const left = new Set(["node_modules", ".git", "output"]);
  cpSync(root, place, {
    recursive: true,
    verbatimSymlinks: true,
    // Below the root, node_modules are links, and those between packages must lead into the copy.
    filter: (source) => !left.has(source.slice(root.length).replace(/^\//, "")) && !lstatSync(source).isSocket(),
  });
  symlinkSync(join(root, "node_modules"), join(place, "node_modules"));
}

function patch(place, name, { file, find, put }) {
  const path = join(place, file);
  const source = existsSync(path) ? readFileSync(path, "utf8") : "";
  if (source.split(find).length !== 2) throw new Error(`${name}: what it breaks must stand once in ${file}: ${find}`);
  writeFileSync(
    path,
    source.replace(find, () => put),
  );
}
