import type { Examination } from "./examination.ts";

/** What another machine's clock said, and when it was asked here. All in milliseconds since 1970. */
export interface ClockSample {
  /** Whose clock: "Vault at http://10.0.0.2:8200". */
  who: string;
  theirs: number;
  askedAt: number;
  answeredAt: number;
  /** How fine their answer is: 1,000 where it has whole seconds. */
  grain: number;
}

/** Above it somebody should look; a log is hard to read. */
const noticeableMs = 5_000;
/** Vault backdates a certificate by 30 s (its PKI engine's `not_before_duration`): beyond, it isn't valid yet here. */
const harmfulMs = 30_000;

/**
 * How far their clock is ahead of ours, at least: what the time under way and the grain can explain is taken off.
 * Negative when it is behind; 0 when nothing is proven.
 */
export function leastSkew({ theirs, askedAt, answeredAt, grain }: ClockSample): number {
  // Their clock showed a moment within [theirs, theirs + grain), at a moment within [askedAt, answeredAt].
  const least = theirs - answeredAt;
  const most = theirs + grain - askedAt;
  return least > 0 ? least : Math.min(most, 0);
}

export function judgeClock({ findings }: Examination, sample: ClockSample): void {
  const skew = leastSkew(sample);
  const size = Math.abs(skew);
  const seconds = size < 10_000 ? (size / 1_000).toFixed(1) : String(Math.round(size / 1_000));
  const what = `the clock of ${sample.who} is ${skew < 0 ? "behind" : "ahead of"} ours by ${seconds} s`;
  const advice = "let a time service set the clocks of both machines (systemd-timesyncd, chrony)";
  if (size > harmfulMs)
    findings.failure("clock", `${what}: a new certificate may not be valid yet, or no more`, advice);
  else if (size > noticeableMs) findings.warning("clock", what, advice);
  else findings.ok("clock", `the clock of ${sample.who} agrees with ours`);
}
