import { readFile } from "node:fs/promises";
import { sleep, systemClock } from "@minicluster/core";
import type { ServiceProcess } from "@minicluster/devcluster";

const everyMs = 30_000;
const megabyte = 2 ** 20;

/** What each todo has in memory, in megabytes, every half minute until it is ended. */
export class Memory {
  readonly #todos: () => readonly ServiceProcess[];
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  readonly #seen = new Map<number, number[]>();

  constructor(todos: () => readonly ServiceProcess[]) {
    this.#todos = todos;
    this.#done = this.#run();
  }

  async end(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  /** The medians of the first and the last third of the process that was watched longest. */
  get growth(): { firstMb: number; lastMb: number } {
    const longest = [...this.#seen.values()].sort((a, b) => b.length - a.length)[0] ?? [];
    const third = Math.max(1, Math.floor(longest.length / 3));
    return { firstMb: median(longest.slice(0, third)), lastMb: median(longest.slice(-third)) };
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      for (const { pid } of this.#todos()) if (pid !== undefined) await this.#look(pid);
      await sleep(systemClock, everyMs, { signal }).catch(() => {});
    }
  }

  async #look(pid: number): Promise<void> {
    // It may have ended just now.
    const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    if (!kilobytes) return;
    const seen = this.#seen.get(pid) ?? [];
    seen.push((Number(kilobytes) * 1_024) / megabyte);
    this.#seen.set(pid, seen);
  }
}

function median(values: readonly number[]): number {
  return Math.round([...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0);
}
