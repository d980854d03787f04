import { existsSync } from "node:fs";
import { join } from "node:path";
import { run } from "./child.mjs";
import { readJson, root } from "./root.mjs";
import { tallyOf } from "./tally.mjs";

/** Runs one project of vitest.config.ts, on the Node given or this one; `env` is added to ours. */
export async function vitest(project, { scratch, node = process.execPath, env }) {
  const file = join(scratch, `${project}-${Date.now()}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const command = [node, join(root, "node_modules/vitest/vitest.mjs"), "run", "--project", project, ...reporters];
  const { code, signal } = await run(command, { cwd: root, env });
  if (!existsSync(file))
    console.error(`vitest left no report: it ended ${signal ? `by ${signal}` : `with code ${code}`}`);
  return tallyOf(existsSync(file) ? readJson(file) : undefined, code);
}
