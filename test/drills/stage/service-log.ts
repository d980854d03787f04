import type { Mark } from "./timeline.ts";

/** What is worth a mark in a service's log, by the name of the event. */
const told: Readonly<Record<string, string>> = {
  "credentials.rotated": "rotated",
  "credentials.expired": "lease ended",
  "vault.token": "logged in",
  "mysql.address": "MySQL moved",
  "service.stopping": "stopping",
};

/** The marks in a log of JSON lines; `epoch` is when the load began, in milliseconds since 1970. */
export function logged(name: string, log: string, epoch: number): Mark[] {
  return log.split("\n").flatMap((line): Mark[] => {
    if (!line.startsWith("{")) return [];
    const { time, event, reason } = parsed(line);
    const what = event && told[event];
    if (!what || time === undefined) return [];
    const at = Math.round(new Date(time).getTime() - epoch);
    return at < 0 ? [] : [{ at, kind: "cluster", text: `${name} ${what}${reason ? ` (${reason})` : ""}` }];
  });
}

function parsed(line: string): { time?: number | string; event?: string; reason?: string } {
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}
