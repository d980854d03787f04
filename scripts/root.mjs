import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

/** The top of this clone. */
export const root = resolve(import.meta.dirname, "..");

/** What the scripts remember between runs; removed with node_modules. */
export const stateDir = join(root, "node_modules", ".minicluster");

export const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

/** The folders of the workspace's packages: packages/*, services/* and test, relative to the root. */
export function workspaceFolders() {
  const inside = (parent) => readdirSync(join(root, parent)).map((name) => `${parent}/${name}`);
  const folders = [...inside("packages"), ...inside("services"), "test"];
  return folders.filter((folder) => existsSync(join(root, folder, "package.json"))).sort();
}

/** The packages that are meant for a registry: folder and package.json. */
export function publicPackages() {
  return workspaceFolders()
    .map((folder) => ({ folder, manifest: readJson(join(root, folder, "package.json")) }))
    .filter(({ manifest }) => manifest.private !== true);
}

/** pnpm as package.json pins it, through npx. */
export function pnpm(...args) {
  return ["npx", "--yes", readJson(join(root, "package.json")).packageManager, ...args];
}
