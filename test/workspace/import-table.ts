import { type Package, packages, text } from "./tree.ts";

/** ARCHITECTURE.md's table: who may import whom, by short names. */
export const importTable: ReadonlyMap<string, readonly string[]> = new Map(rows());

function rows(): [string, string[]][] {
  const section = text("ARCHITECTURE.md").split("## Who may import whom")[1]?.split("\n## ")[0] ?? "";
  const lines = section.split("\n").filter((line) => line.startsWith("| `"));
  return lines.map((line) => {
    const [, left = "", right = ""] = line.split("|");
    const names = [...right.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? "");
    return [left.trim().replaceAll("`", ""), names];
  });
}

/** `@minicluster/core` -> `core`; undefined for a package from elsewhere. */
export function shortName(name: string): string | undefined {
  return packages.find(({ manifest }) => manifest.name === name)?.short;
}

/** The packages of this workspace that a list of dependencies names. */
export function ours(dependencies: Record<string, string> | undefined): string[] {
  return Object.keys(dependencies ?? {}).flatMap((name) => shortName(name) ?? []);
}

export const allowed = (of: Package): readonly string[] => importTable.get(of.short) ?? [];
