import { MiniclusterError } from "./errors.ts";

/** A number of milliseconds, or a number with a unit: `"20ms"`, `"5s"`, `"1.5m"`, `"24h"`, `"7d"`. */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}`;

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const pattern = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/**
 * The milliseconds of a duration.
 *
 * @param name the setting it was read from, for the error
 * @throws MiniclusterError `INVALID_DURATION` when it is not a duration, negative or not finite
 * @example durationMs("5s", "timeout") // 5000
 */
export function durationMs(value: unknown, name: string): number {
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  const match = typeof value === "string" ? pattern.exec(value) : null;
  if (match) return Number(match[1]) * unitMs[match[2] as keyof typeof unitMs];
  throw new MiniclusterError({
    code: "INVALID_DURATION",
    kind: "invalid",
    message: `${name}: ${JSON.stringify(value)} is not a duration; write milliseconds, or a number with ms, s, m, h or d, such as "5s"`,
  });
}
