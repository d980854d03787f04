import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const root: string = resolve(import.meta.dirname, "../..");

/** A fenced block of a README: ```LANGUAGE WORD. */
export interface Fence {
  /** `packages/core/README.md:6`, where it begins. */
  at: string;
  readme: string;
  language: string;
  /** What follows the language: "", "run", "cluster" or "continued" for ts. */
  mode: string;
  body: string;
}

/** Every fence of every README that git knows or would take. */
export const fences: readonly Fence[] = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "*README.md"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((readme) => readme !== "")
  .flatMap(fencesOf);

function fencesOf(readme: string): Fence[] {
  const found: Fence[] = [];
  let open: Fence | undefined;
  readFileSync(join(root, readme), "utf8")
    .split("\n")
    .forEach((line, index) => {
      const mark = /^```(\w*) ?(.*)$/.exec(line);
      if (open && line === "```") {
        found.push(open);
        open = undefined;
      } else if (open) open.body += `${line}\n`;
      else if (mark)
        open = { at: `${readme}:${index + 1}`, readme, language: mark[1] ?? "", mode: mark[2] ?? "", body: "" };
    });
  if (open) throw new Error(`${open.at}: the fence is never closed`);
  return found;
}

/** The TypeScript of the READMEs, each block a module; a `continued` block has joined the one before it. */
export function modules(): Fence[] {
  const joined: Fence[] = [];
  for (const fence of fences.filter(({ language }) => language === "ts")) {
    const before = joined.at(-1);
    if (fence.mode !== "continued") joined.push({ ...fence });
    else if (before?.readme === fence.readme) before.body += fence.body;
    else throw new Error(`${fence.at}: continues nothing`);
  }
  return joined;
}
