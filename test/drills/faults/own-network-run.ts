import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { type CommandLine, inOwnNetwork } from "./own-network.ts";

const vitest = fileURLToPath(new URL("../../../node_modules/vitest/vitest.mjs", import.meta.url));

export interface OwnNetworkRun {
  /** Of the tests in vitest.config.ts. */
  project: string;
  /** The test file. */
  file: string;
}

/**
 * Runs a test file in a network namespace of its own, to its end. What it prints goes to this terminal. It is killed
 * when this process ends.
 *
 * @returns its exit code
 */
export async function runInOwnNetwork({ project, file }: OwnNetworkRun): Promise<number> {
  const options = ["--disable-console-intercept", "--reporter=default"];
  const args = [vitest, "run", "--project", project, ...options, fileURLToPath(file)];
  const line = untilWeEnd(inOwnNetwork({ command: process.execPath, args }));
  const child = spawn(line.command, line.args, { stdio: ["ignore", "inherit", "inherit"] });
  const [code] = await once(child, "close");
  return code ?? 1;
}

function untilWeEnd({ command, args }: CommandLine): CommandLine {
  return { command: "setpriv", args: ["--pdeathsig", "KILL", "--", command, ...args] };
}
