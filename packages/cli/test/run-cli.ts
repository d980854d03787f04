import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../bin/minicluster.js", import.meta.url));

export interface CliResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A command that has not ended by then hangs. */
const limitMs = 60_000;

/** The built command, as a shell would start it, with nothing of this process's environment but PATH. */
export function runCli(
  args: readonly string[],
  options: { env?: Record<string, string>; input?: string; interruptAt?: RegExp } = {},
): Promise<CliResult> {
  const { env = {}, input = "", interruptAt } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, ...args], { env: { PATH: process.env["PATH"] ?? "", ...env } });
    let stdout = "";
    let stderr = "";
    const hangs = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`minicluster ${args.join(" ")} hangs; it printed ${JSON.stringify({ stdout, stderr })}`));
    }, limitMs);
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      if (interruptAt?.test(text)) child.kill("SIGINT");
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(hangs);
      resolve({ code, stdout, stderr });
    });
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}
