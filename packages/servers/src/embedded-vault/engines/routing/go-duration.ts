import { refused } from "./refusals.ts";

const unitMs: ReadonlyMap<string, number> = new Map([
  ["ns", 1e-6],
  ["us", 1e-3],
  ["µs", 1e-3],
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

/** What 64 bits of nanoseconds hold: 292 years. */
const longestMs = 2 ** 63 / 1e6;

/**
 * Milliseconds of a duration as Go writes it: `1h30m`, `-1.5s`.
 *
 * @throws VaultFailure 400 with the text of Go's time.ParseDuration
 */
export function goDurationMs(text: string): number {
  const sign = text.startsWith("-") ? -1 : 1;
  const rest = text.replace(/^[+-]/, "");
  if (rest === "0") return 0;
  if (rest === "") throw refused(`time: invalid duration ${JSON.stringify(text)}`);
  let ms = 0;
  for (let left = rest; left; ) {
    const part = /^(?<number>\d+\.?\d*|\.\d+)(?<unit>[^\d.]*)/.exec(left)?.groups as
      | { number: string; unit: string }
      | undefined;
    if (!part) throw refused(`time: invalid duration ${JSON.stringify(text)}`);
    const { number, unit } = part;
    if (!unit) throw refused(`time: missing unit in duration ${JSON.stringify(text)}`);
    const one = unitMs.get(unit);
    if (one === undefined) {
      throw refused(`time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`);
    }
    ms += Number(number) * one;
    left = left.slice(number.length + unit.length);
  }
  if (ms > longestMs) throw refused(`time: invalid duration ${JSON.stringify(text)}`);
  return sign * ms;
}

/**
 * Whole seconds of a duration as Vault's API takes it: a number of seconds, `"90"`, `"7d"`, `"1h30m"`.
 *
 * @throws VaultFailure 400 with Vault's text
 */
export function durationSeconds(value: unknown): number {
  if (value === null || value === "") return 0;
  if (typeof value !== "string" && typeof value !== "number") throw refused("could not parse duration from input");
  const text = String(value);
  if (/^[+-]?\d+$/.test(text)) return withinBounds(Number(text), text);
  if (text.endsWith("d")) {
    const days = text.slice(0, -1);
    if (!/^[+-]?\d+$/.test(days)) throw refused(`strconv.ParseInt: parsing ${JSON.stringify(days)}: invalid syntax`);
    return withinBounds(Number(days) * 86_400, text);
  }
  return Math.trunc(goDurationMs(text) / 1_000);
}

function withinBounds(seconds: number, text: string): number {
  if (Math.abs(seconds) * 1_000 > longestMs) throw refused(`time: invalid duration ${JSON.stringify(text)}`);
  return seconds;
}

/** A duration as Go prints it: `1h0m0s`, `0s`, `-1s`. */
export function goDuration(ms: number): string {
  if (ms === 0) return "0s";
  const size = Math.abs(ms);
  if (size < 1_000) return `${ms}ms`;
  const [hours, minutes] = [Math.trunc(size / 3_600_000), Math.trunc(size / 60_000) % 60];
  const seconds = `${(size % 60_000) / 1_000}s`;
  const text = size < 60_000 ? seconds : hours ? `${hours}h${minutes}m${seconds}` : `${minutes}m${seconds}`;
  return ms < 0 ? `-${text}` : text;
}
