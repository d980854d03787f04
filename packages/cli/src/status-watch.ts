import type { ClusterStatus } from "@minicluster/admin";
import { type Clock, sleep } from "@minicluster/core";
import type { Context } from "./context.ts";
import { Screen } from "./screen.ts";
import { statusTables } from "./status-tables.ts";

export interface StatusWatchOptions {
  look: () => Promise<ClusterStatus>;
  intervalMs: number;
  json: boolean;
  clock: Clock;
}

/**
 * Looks again and again until the signal ends it: on a terminal one picture that changes; elsewhere a block, or a line of
 * JSON, for each change.
 */
export async function watchStatus({ terminal, signal }: Context, options: StatusWatchOptions): Promise<void> {
  const { look, intervalMs, json, clock } = options;
  const screen = json || terminal.rows === undefined ? undefined : new Screen(terminal);
  let before = "";
  try {
    for (;;) {
      const status = await look();
      const text = json ? JSON.stringify(status) : statusTables(status, terminal.colours).join("\n");
      const head = `${time(clock)}   every ${intervalMs / 1_000} s, Ctrl-C ends`;
      screen?.draw([terminal.colours.dim(head), "", ...text.split("\n")]);
      if (!screen && text !== before) {
        if (json) terminal.print(JSON.stringify({ at: new Date(clock.now()).toISOString(), ...status }));
        else terminal.print(`${before === "" ? "" : "\n"}${time(clock)}\n${text}`);
      }
      before = text;
      await sleep(clock, intervalMs, { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    screen?.[Symbol.dispose]();
    // What was seen last stays on the terminal.
    if (screen && before !== "") terminal.print(before);
  }
}

function time(clock: Clock): string {
  return new Date(clock.now()).toTimeString().slice(0, 8);
}
