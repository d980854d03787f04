import { type ChildProcess, spawn, spawnSync } from "node:child_process";

/** A command in a terminal of its own, as far as signals go. */
export class Terminal {
  output = "";
  readonly #child: ChildProcess;
  readonly #closed: Promise<number | null>;
  #onOutput: () => void = () => {};

  /** `env` is added to ours. */
  constructor(command: readonly [string, ...string[]], cwd: string, env: Record<string, string> = {}) {
    const [file, ...args] = command;
    this.#child = spawn(file, args, {
      cwd,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const take = (chunk: Buffer): void => {
      this.output += chunk.toString();
      this.#onOutput();
    };
    this.#child.stdout?.on("data", take);
    this.#child.stderr?.on("data", take);
    this.#closed = new Promise((resolve) => this.#child.once("close", resolve));
  }

  /** Waits until the output has as many matches as wanted. Rejects, with the output, when the command ends before. */
  async until(pattern: RegExp, count: number): Promise<string[]> {
    const found = new Promise<string[]>((resolve) => {
      this.#onOutput = () => {
        const matches = [...this.output.matchAll(pattern)].map((match) => match[0]);
        if (matches.length >= count) resolve(matches);
      };
      this.#onOutput();
    });
    const ended = this.#closed.then((code) => {
      throw new Error(`ended with code ${code}:\n${this.output}`);
    });
    return await Promise.race([found, ended]);
  }

  /** All that runs below it now. */
  descendants(): number[] {
    const table = spawnSync("ps", ["-eo", "pid=,ppid="], { encoding: "utf8" }).stdout.trim().split("\n");
    const pairs = table.map((line) => line.trim().split(/\s+/).map(Number));
    const below = new Set([this.#child.pid ?? -1]);
    for (let before = 0; before < below.size; ) {
      before = below.size;
      for (const [pid = 0, parent = 0] of pairs) if (below.has(parent)) below.add(pid);
    }
    return [...below];
  }

  /**
   * What Ctrl-C does: the whole foreground group gets the signal. Waits until nobody holds the output any more.
   *
   * @returns the exit code; null when npm ended itself by the same signal, as it does
   */
  async interrupt(): Promise<number | null> {
    const { exitCode, signalCode, pid } = this.#child;
    if (exitCode === null && signalCode === null && pid) process.kill(-pid, "SIGINT");
    return await this.#closed;
  }
}

/** Empty when the process is gone; a zombie that nobody reaped is gone too. */
export function stateOf(pid: number): string {
  return spawnSync("ps", ["-o", "stat=,args=", "-p", String(pid)], { encoding: "utf8" })
    .stdout.trim()
    .replace(/^Z.*/, "");
}
