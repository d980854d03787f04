import { readdir, readFile } from "node:fs/promises";
import { type Clock, sleep } from "@minicluster/core";

const askEveryMs = 2;
const longestMs = 1_000;

/**
 * Waits until every thread of a process stands still. SIGSTOP is taken by one thread, which stops the others once it is
 * scheduled: on a busy machine they go on answering for milliseconds after kill(2) returned. Where there is no /proc, at once.
 */
export async function untilFrozen(pid: number, clock: Clock): Promise<void> {
  for (let waitedMs = 0; waitedMs < longestMs && (await moves(pid)); waitedMs += askEveryMs) {
    await sleep(clock, askEveryMs);
  }
}

async function moves(pid: number): Promise<boolean> {
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => []);
  const states = await Promise.all(tasks.map((task) => state(`/proc/${pid}/task/${task}/stat`)));
  return states.some((letter) => letter !== "T");
}

/** The letter after the name, which may itself hold spaces and brackets (proc(5), "/proc/pid/stat"); T for a thread that ended. */
async function state(path: string): Promise<string | undefined> {
  const stat = await readFile(path, "utf8").catch(() => ") T");
  return stat.slice(stat.lastIndexOf(")") + 2)[0];
}
