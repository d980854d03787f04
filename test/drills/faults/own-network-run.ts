import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { inOwnNetwork } from "./own-network.ts";

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
  const line = inOwnNetwork({ command: process.execPath, args });
  // It ends with this process, however this one ends.
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", line.command, ...line.args], {
    stdio: ["ignore", "inherit", "inherit"],
  });
  const abandon = (): void => void child.kill("SIGKILL");
  process.once("disconnect", abandon);
  const [code] = await once(child, "close");
  process.off("disconnect", abandon);
  return code ?? 1;
}

/** Ends this worker of vitest when its runner was killed, instead of with its last test. */
export function endWithRunner(): void {
  process.once("disconnect", () => process.exit(1));
}
