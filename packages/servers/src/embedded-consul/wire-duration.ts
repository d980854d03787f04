const unitNs: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3_600e9,
};

/**
 * The nanoseconds of a duration as Go writes it: "1h30m", "1.5s", "-10ms", "0"; undefined when it isn't one.
 */
export function parseWireDuration(text: string): number | undefined {
  const sign = text.startsWith("-") ? -1 : 1;
  const rest = text.replace(/^[-+]/, "");
  if (rest === "0") return 0;
  if (!/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(rest)) return undefined;
  let total = 0;
  for (const [, number, unit] of rest.matchAll(/([\d.]+)([^\d.]+)/g)) {
    total += Math.trunc(Number(number) * (unitNs[unit ?? ""] ?? 0));
  }
  return total < 2 ** 63 ? sign * total : undefined;
}

/** What Go says of a text that is no duration. */
export function durationFault(text: string): string {
  const rest = text.replace(/^[-+]/, "");
  const [, unit] = /^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))*(?:\d+\.?\d*|\.\d+)([^\d.]*)/.exec(rest) ?? [];
  if (unit === "") return `time: missing unit in duration ${JSON.stringify(text)}`;
  if (unit !== undefined && !Object.hasOwn(unitNs, unit)) {
    return `time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`;
  }
  return `time: invalid duration ${JSON.stringify(text)}`;
}

/** As Go prints it: 90,000 ms is "1m30s". */
export function wireDuration(ns: number): string {
  if (ns === 0) return "0s";
  const sign = ns < 0 ? "-" : "";
  const size = Math.abs(ns);
  if (size < 1e3) return `${sign}${size}ns`;
  if (size < 1e6) return `${sign}${size / 1e3}µs`;
  if (size < 1e9) return `${sign}${size / 1e6}ms`;
  const hours = Math.floor(size / 3_600e9);
  const minutes = Math.floor((size % 3_600e9) / 60e9);
  const seconds = (size % 60e9) / 1e9;
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`;
}
