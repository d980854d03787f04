import { VaultFailure } from "./failure.ts";
import { goValue } from "./go-value.ts";

const units: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/g;

/**
 * Vault's durations: seconds as a number or digits, or Go's form such as `1h30m`, or days as `7d`.
 *
 * @returns milliseconds
 * @throws VaultFailure 400
 */
export function vaultDurationMs(value: unknown): number {
  const parsed = parse(value);
  if (parsed === undefined || !Number.isFinite(parsed)) {
    throw new VaultFailure(400, `time: invalid duration ${JSON.stringify(goValue(value))}`);
  }
  return parsed;
}

function parse(value: unknown): number | undefined {
  if (typeof value === "number") return Math.trunc(value) * 1_000;
  if (typeof value !== "string") return undefined;
  if (value === "") return 0;
  if (/^[-+]?\d+$/.test(value)) return Number(value) * 1_000;
  const days = /^([-+]?\d+)d$/.exec(value);
  if (days) return Number(days[1]) * (units["d"] ?? 0);
  const sign = value.startsWith("-") ? -1 : 1;
  const body = value.replace(/^[-+]/, "");
  if (body.replace(part, "") !== "") return undefined;
  let sum = 0;
  for (const [, number, unit] of body.matchAll(part)) sum += Number(number) * (units[unit ?? ""] ?? 0);
  return sign * sum;
}

/** Whole seconds for an answer, as Go truncates them. */
export function wholeSeconds(ms: number): number {
  return Math.trunc(ms / 1_000);
}

/** A time as Go prints it, in nanoseconds and UTC. */
export function goTime(ms: number): string {
  return new Date(ms).toISOString();
}
