import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Fence, modules, root } from "./fences.ts";

export interface Snippet extends Fence {
  /** The compiled module. */
  file: string;
}

export interface SnippetProject extends Disposable {
  snippets: readonly Snippet[];
  /** What the compiler said of each snippet, with the README's line. */
  errors: readonly string[];
}

/** All snippets as one project outside of the tree, where a user's would be, with every package in its node_modules. */
export async function compileSnippets(): Promise<SnippetProject> {
  const folder = mkdtempSync(join(tmpdir(), "minicluster-docs-"));
  const snippets = modules().map((fence, index) => ({ ...fence, file: join(folder, `dist/${index}.js`) }));
  linkPackages(join(folder, "node_modules"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", private: true }));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(tsconfig));
  mkdirSync(join(folder, "src"));
  snippets.forEach(({ body }, index) => {
    // A snippet without an import is a module too.
    writeFileSync(join(folder, `src/${index}.ts`), `${body}export {};\n`);
  });
  const { output } = await execute(join(root, "node_modules/.bin/tsc"), ["-p", "."], { cwd: folder });
  const errors = output.split("\n").flatMap((line) => located(line, snippets));
  return { snippets, errors, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

const tsconfig = {
  compilerOptions: {
    target: "es2023",
    lib: ["es2023", "esnext.disposable"],
    module: "nodenext",
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    rootDir: "src",
    outDir: "dist",
  },
  include: ["src"],
};

/** `src/3.ts(5,7): error ...` -> `packages/core/README.md:21: error ...`. */
function located(line: string, snippets: readonly Snippet[]): string[] {
  if (line.trim() === "") return [];
  const match = /^src\/(\d+)\.ts\((\d+),\d+\): (.*)$/.exec(line);
  const at = match && snippets[Number(match[1])]?.at;
  if (!match || !at) return [line];
  const [readme, start] = at.split(":");
  return [`${readme}:${Number(start) + Number(match[2])}: ${match[3]}`];
}

/** Links whatever a package of the workspace has installed: the READMEs' imports and nothing that only the root has. */
function linkPackages(target: string): void {
  const folders = ["packages", "services"].flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => join(root, parent, name)),
  );
  for (const folder of [join(root, "test"), ...folders]) {
    const installed = join(folder, "node_modules");
    if (existsSync(installed)) linkAll(installed, target);
  }
  linkAll(join(root, "node_modules/@types"), join(target, "@types"));
}

function linkAll(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    if (name.startsWith(".")) continue;
    if (name.startsWith("@")) linkAll(join(from, name), join(to, name));
    else if (!existsSync(join(to, name))) symlinkSync(join(from, name), join(to, name));
  }
}

export interface Execution {
  code: number | string | null | undefined;
  output: string;
}

/** Runs a program to its end, without standard input. */
export function execute(
  file: string,
  args: readonly string[],
  options: { cwd: string; env?: Record<string, string | undefined>; timeout?: number },
): Promise<Execution> {
  return new Promise((resolve) => {
    const child = execFile(file, args, { ...options, encoding: "utf8" }, (error, stdout, stderr) => {
      resolve({ code: error ? (error.code ?? error.signal) : 0, output: stdout + stderr });
    });
    child.stdin?.end();
  });
}
