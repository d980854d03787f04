import { type Clock, Deadline, sleep, withDeadline } from "@minicluster/core";
import { ServersError } from "./errors.ts";

export interface ReadinessOptions {
  /** What is waited for: "Vault 1.11.0 (/usr/bin/vault)". */
  what: string;
  /** Resolves once it is ready; a rejection or `false` means not yet. */
  probe: (signal: AbortSignal) => Promise<unknown>;
  /** Resolves when the server ended, with how. */
  ended: Promise<string>;
  timeoutMs: number;
  clock: Clock;
  log: () => string;
  signal?: AbortSignal | undefined;
}

/**
 * Asks until the probe says yes.
 *
 * @throws ServersError `START_FAILED` when the server ends first, `NOT_READY` at the deadline; both with the log's last lines
 */
export async function untilReady(options: ReadinessOptions): Promise<void> {
  const { what, probe, timeoutMs, clock, log, signal } = options;
  const deadline = new Deadline(clock, timeoutMs);
  let ended: string | undefined;
  const stopped = new AbortController();
  void options.ended.then((how) => {
    ended = how;
    stopped.abort();
  });
  const either = signal ? AbortSignal.any([signal, stopped.signal]) : stopped.signal;
  let reason = "";
  for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 1.5, 100)) {
    signal?.throwIfAborted();
    if (ended !== undefined) throw new ServersError("START_FAILED", `${what} ${ended} ${lastLines(log())}`);
    if (deadline.passed) {
      const why = reason ? ` (${reason})` : "";
      throw new ServersError("NOT_READY", `${what} was not ready within ${timeoutMs} ms${why}. ${lastLines(log())}`);
    }
    try {
      const ms = Math.min(2_000, deadline.remainingMs);
      const answer = await withDeadline({ clock, ms, phase: "asking whether it is ready", signal: either }, probe);
      if (answer !== false && ended === undefined) return;
    } catch (error) {
      reason = error instanceof Error ? error.message : String(error);
    }
    await sleep(clock, Math.min(pauseMs, Math.max(0, deadline.remainingMs)), { signal: either }).catch(() => {});
  }
}

/** How the log ends, for an error message. */
export function lastLines(log: string): string {
  const lines = log.trimEnd().split("\n").slice(-12);
  return lines.join("").trim() ? `Its log ends:\n  ${lines.join("\n  ")}` : "Its log is empty.";
}
