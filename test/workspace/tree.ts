import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const root: string = resolve(import.meta.dirname, "../..");

/** Every file that git knows or would take, relative to the root. */
export const files: readonly string[] = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "" && existsSync(join(root, file)));

export const text = (file: string): string => readFileSync(join(root, file), "utf8");

export interface Manifest {
  name: string;
  version: string;
  description?: string;
  license?: string;
  type?: string;
  private?: boolean;
  sideEffects?: boolean;
  engines?: { node?: string };
  files?: string[];
  bin?: Record<string, string>;
  exports?: Record<string, string | { types: string; default: string }>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

export const manifestOf = (folder: string): Manifest => JSON.parse(text(join(folder, "package.json"))) as Manifest;

export interface Package {
  /** `packages/core`. */
  folder: string;
  /** As the import table calls it: `core`, `services/todo`. */
  short: string;
  manifest: Manifest;
}

/** The packages that others may install. */
export const packages: readonly Package[] = files
  .map((file) => /^((?:packages\/|services\/)[^/]+)\/package\.json$/.exec(file)?.[1])
  .filter((folder) => folder !== undefined)
  .map((folder) => ({ folder, short: folder.replace(/^packages\//, ""), manifest: manifestOf(folder) }));

/** The TypeScript of one folder of a package: `sources(p, "src")`. */
export function sources(of: Package, part: "src" | "test"): string[] {
  return files.filter((file) => file.startsWith(`${of.folder}/${part}/`) && file.endsWith(".ts"));
}

/** The code without its comments, each replaced by what keeps line numbers. */
export function code(file: string): string {
  return text(file)
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ""))
    .replace(/(^|\s)\/\/[^\n]*/g, "$1");
}

const importForms = [
  /^(?:import|export)\s[^;"']*?\bfrom\s*"([^"]+)"/gm,
  /^import\s*"([^"]+)"/gm,
  /\bimport\(\s*"([^"]+)"\s*\)/g,
];

/** What a file imports or re-exports: the words between the quotes. */
export function importsOf(file: string): string[] {
  const all = code(file);
  return importForms.flatMap((form) => [...all.matchAll(form)].map((match) => match[1] ?? ""));
}

/** The package an import names; undefined for a file of one's own and for Node's modules. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith(".") || specifier.startsWith("node:")) return undefined;
  const [scope = "", name = ""] = specifier.split("/");
  return scope.startsWith("@") ? `${scope}/${name}` : scope;
}
