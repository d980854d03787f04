import "./node-version.mjs";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./child.mjs";
import { withLock } from "./lock.mjs";
import { pnpm, readJson, root, stateDir, workspaceFolders } from "./root.mjs";

/** What was printed is all there is to say. */
export class SetupError extends Error {}

/** Makes a clone ready to run: dependencies as the lockfile says, every package built. Does only what is needed. */
export async function setUp() {
  const onWait = (pid) => console.log(`set-up   waiting for another run in this folder (process ${pid})`);
  await withLock(join(stateDir, "set-up.lock"), { onWait }, async () => {
    await install();
    await build();
  });
}

async function install() {
  const stamp = join(stateDir, "installed");
  const wanted = fingerprint();
  if (installed() && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  rmSync(stamp, { force: true });
  const { packageManager } = readJson(join(root, "package.json"));
  await step("install", `dependencies, by ${packageManager}`, {
    command: pnpm("install", "--frozen-lockfile", "--prefer-offline", "--reporter=append-only"),
    // Without a terminal pnpm would ask nobody whether it may replace a foreign node_modules.
    env: { CI: "true" },
    hint: "Is the npm registry reachable? After a change of a package.json: npm run pnpm -- install.",
  });
  mkdirSync(stateDir, { recursive: true });
  writeFileSync(stamp, wanted);
}

/** All that decides what an install would do. */
function fingerprint() {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`);
  const manifests = workspaceFolders().map((folder) => `${folder}/package.json`);
  for (const file of ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests]) {
    hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest("hex");
}

/** Nobody removed one of the node_modules folders meanwhile. */
function installed() {
  const needsFolder = (folder) => {
    const { dependencies, devDependencies } = readJson(join(root, folder, "package.json"));
    return Object.keys({ ...dependencies, ...devDependencies }).length > 0;
  };
  return ["", ...workspaceFolders().filter(needsFolder)].every((folder) =>
    existsSync(join(root, folder, "node_modules")),
  );
}

/** `tsc --build` compares hashes of its own and takes a fraction of a second when nothing changed, so it always runs. */
async function build() {
  const complete = tidyOutput();
  await step("build", complete ? "what is stale" : "everything", {
    command: [join(root, "node_modules/.bin/tsc"), "--build", ...(complete ? [] : ["--force"])],
    hint: "The messages above are the compiler's.",
  });
}

/**
 * Deletes output whose source is gone. False when output is missing that an earlier build must have made: the compiler
 * looks at sources and its own notes, not at what is there.
 */
function tidyOutput() {
  let complete = true;
  for (const folder of workspaceFolders()) {
    const source = join(root, folder, "src");
    const output = join(root, folder, "dist");
    const notes = join(output, ".tsbuildinfo");
    if (!existsSync(source) || !existsSync(notes)) continue;
    const builtAt = statSync(notes).mtimeMs;
    const made = new Set(filesOf(output).filter((file) => file.endsWith(".js")));
    for (const file of filesOf(source).filter((name) => name.endsWith(".ts"))) {
      const stem = file.slice(0, -".ts".length);
      const there = made.delete(`${stem}.js`) && existsSync(join(output, `${stem}.d.ts`));
      if (!there && statSync(join(source, file)).mtimeMs < builtAt) complete = false;
    }
    for (const orphan of made) removeOutput(join(output, orphan.slice(0, -".js".length)));
  }
  return complete;
}

function removeOutput(stem) {
  for (const extension of [".js", ".js.map", ".d.ts", ".d.ts.map"]) rmSync(stem + extension, { force: true });
}

const filesOf = (folder) => readdirSync(folder, { recursive: true }).map(String);

/** One line: what, and how long it took. What the command printed is shown when it failed. */
async function step(name, what, { command, env, hint }) {
  const started = performance.now();
  process.stdout.write(`${name.padEnd(8)} ${what} `);
  const { code, output } = await run(command, { cwd: root, env, capture: true });
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  if (code === 0) return void process.stdout.write(`${seconds} s\n`);
  process.stdout.write(`failed after ${seconds} s\n`);
  console.error(`${output.trimEnd()}\n\n${command.join(" ")} ended with code ${code}. ${hint}`);
  throw new SetupError(`${name} failed`);
}
