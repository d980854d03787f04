import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

export interface FileLockOptions {
  path: string;
  /** Called once when somebody else holds it. */
  onWait: () => void;
  signal?: AbortSignal | undefined;
}

/**
 * A lock between processes that the kernel holds (flock(2), through util-linux's `flock`): it goes with its holder,
 * however that dies, so nobody has to guess whether it is stale. A system without `flock` goes on without a lock: what
 * is made under it is put in place by one rename, so two at once only do the work twice.
 *
 * @returns a function that gives it back
 * @throws the reason of `signal` when aborted while waiting
 */
export async function lockFile(options: FileLockOptions): Promise<() => Promise<void>> {
  const { path, onWait, signal } = options;
  signal?.throwIfAborted();
  const first = holder(["-n", path]);
  if (await first.held) return first.release;
  if (first.missing()) return async () => {};
  onWait();
  signal?.throwIfAborted();
  const second = holder([path]);
  const onAbort = (): void => second.abandon();
  signal?.addEventListener("abort", onAbort, { once: true });
  await second.held;
  signal?.removeEventListener("abort", onAbort);
  signal?.throwIfAborted();
  return second.release;
}

interface Holder {
  held: Promise<boolean>;
  missing: () => boolean;
  release: () => Promise<void>;
  abandon: () => void;
}

/** Says a word once it has the lock; ends, and gives it back, when its input ends: with us at the latest. */
function holder(args: readonly string[]): Holder {
  const child: ChildProcess = spawn("flock", [...args, "sh", "-c", "echo held; read -r _"], {
    stdio: ["pipe", "pipe", "ignore"],
    detached: true,
  });
  let missing = false;
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => {
      missing = true;
      resolve();
    });
  });
  child.stdin?.on("error", () => {});
  const said = child.stdout ? once(child.stdout, "data").then(() => true) : Promise.resolve(false);
  return {
    held: Promise.race([said, exited.then(() => false)]),
    missing: () => missing,
    release: async () => {
      child.stdin?.end();
      await exited;
    },
    abandon: () => {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    },
  };
}
