import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, loadavg } from "node:os";

/** What figures depend on, in one line. @param {readonly string[]} [versions] of servers and packages */
export function machine(versions = []) {
  const all = cpus();
  const cpu = `${all.length} x ${all[0]?.model.trim() || process.arch}`;
  return [`Node ${process.versions.node}`, ...versions, `${process.platform} ${process.arch}`, cpu].join(", ");
}

/** How busy the machine is, this program and its servers among it. */
export function load() {
  return Math.round((loadavg()[0] ?? 0) * 10) / 10;
}

/** "mysql2 3.24.6": the version that is installed. @param {string} name of a package that test/ depends on */
export function packageVersion(name) {
  const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
  return `${name} ${JSON.parse(readFileSync(manifest, "utf8")).version}`;
}
