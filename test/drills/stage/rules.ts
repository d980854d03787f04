import { heldPauseMs } from "../../load/held-load.ts";
import type { Sample } from "../../load/samples.ts";
import { form } from "./form.ts";
import { type Outcome, type Way, ways } from "./outcome.ts";

/** What a drill promises. */
export interface Must {
  /**
   * Calls that may fail. `none`. `in flight`: those under way while the failure was made, and the next statement on a
   * connection that was held then. `while down`: those due between the failure and `recoversMs` after its end. Default
   * `none`.
   */
  fail?: "none" | "in flight" | "while down" | undefined;
  /** The same for requests alone, or for calls on the pool alone. */
  failBy?: Partial<Record<Way, "none" | "in flight" | "while down">> | undefined;
  /** The kinds of calls that may fail: `POST`, `query`. Default: every kind. */
  failKinds?: readonly string[] | undefined;
  /** What a failed call says, one of these: `DATABASE_UNAVAILABLE`, `MYSQL_LOST`. */
  codes?: readonly string[] | undefined;
  /** How long after the end of the failure calls may still fail. Default 0. */
  recoversMs?: number | undefined;
  /** How long any call may take, well or not, from the failure on; three times that in the short form. */
  answersMs?: number | undefined;
  /** p99 while it lasts, as a multiple of p99 before. Held in the full form only. */
  p99?: number | undefined;
  /** Services say this at some time while it lasts: `degraded`. */
  says?: "degraded" | "critical" | undefined;
  /** From the end of the failure until every service is well. Default 20 s. */
  healthyMs?: number | undefined;
  /** New credentials in all, at most; they always stay within their bound a minute. */
  issued?: number | undefined;
  /** Connections that MySQL takes in one second at most. */
  connectionsInASecond?: number | undefined;
  /** Accounts that nobody can revoke through Vault: made by one that died before it stored the lease. Default 0; any number for Infinity. */
  orphans?: number | undefined;
}

/** One promise, and what was seen of it. */
export interface Held {
  what: string;
  ok: boolean;
  figure: string;
}

/** Where latencies are not held to their bars a call may take so many times as long, but it may not hang. */
const noise = 3;

/** p99 of few milliseconds is noise of the machine: below this it is never too much. */
const quietMs = 10;

/** A machine that sends less than this is too busy to show anything. */
const keptUp = 0.9;

/** Holds an outcome against what was promised, a row a promise. */
export function held(must: Must, outcome: Outcome): Held[] {
  const rows: Held[] = [];
  const row = (what: string, ok: boolean, figure: unknown): void => void rows.push({ what, ok, figure: `${figure}` });
  const recoversMs = must.recoversMs ?? 0;
  for (const way of ["http", "mysql"] as const) {
    const fail = must.failBy?.[way] ?? must.fail ?? "none";
    const wrong = outcome.failures.filter((sample) => isOf(way, sample) && !mayFail[fail](sample, outcome, recoversMs));
    row(`${way}: ${failRules[fail]}`, wrong.length === 0, wrong.length ? named(wrong) : "0");
    if (must.p99 !== undefined && form.latencies) {
      const { before, during } = outcome.load[way];
      const bar = Math.max(quietMs, before.p99Ms * must.p99);
      row(`${way}: p99 <= ${must.p99} x before`, during.p99Ms <= bar, `${before.p99Ms} -> ${during.p99Ms} ms`);
    }
  }
  const { failKinds, codes, answersMs, says, healthyMs = 20_000, issued, connectionsInASecond, orphans = 0 } = must;
  if (failKinds) {
    const others = outcome.failures.filter(({ kind }) => !failKinds.includes(kind));
    row(`nothing fails but ${failKinds.join(", ")}`, others.length === 0, others.length ? named(others) : "0");
  }
  if (codes) {
    const unnamed = outcome.failures.filter(({ failure }) => !codes.some((code) => failure?.includes(code)));
    row("a failed call says why", unnamed.length === 0, unnamed.length ? named(unnamed) : outcome.failures.length);
  }
  if (form.latencies) {
    const due = ((form.httpRate + form.mysqlRate) * outcome.endedAt) / 1_000;
    const sent = outcome.load.http.all.calls + outcome.load.mysql.all.calls;
    row(`the load was kept up: ${keptUp * 100} % of it`, sent >= due * keptUp, `${Math.round((sent / due) * 100)} %`);
  }
  if (answersMs !== undefined) {
    const from = outcome.samples.filter(({ at, tookMs }) => at + tookMs >= outcome.faultAt);
    const slowest = from.reduce((most, { tookMs }) => Math.max(most, tookMs), 0);
    const bar = answersMs * (form.latencies ? 1 : noise);
    row(`every call is answered within ${bar} ms`, slowest <= bar, Math.round(slowest));
  }
  if (says) {
    const said = outcome.states.some(({ at, state }) => at >= outcome.faultAt && state === says);
    row(`/health says ${says}`, said, said);
  }
  const healthy = outcome.healthyAt === undefined ? undefined : healthyAfterMs(outcome);
  row(`well again within ${healthyMs} ms`, healthy !== undefined && healthy <= healthyMs, healthy ?? "never");
  const { total, mostInAMinute, bound } = outcome.issued;
  row(`at most ${bound} credentials a minute`, mostInAMinute <= bound, mostInAMinute);
  if (issued !== undefined) row(`at most ${issued} new credentials`, total <= issued, total);
  if (connectionsInASecond !== undefined) {
    const { mostInASecond } = outcome.connections;
    row(`at most ${connectionsInASecond} connections a second`, mostInASecond <= connectionsInASecond, mostInASecond);
  }
  const { accounts, leases } = outcome.left;
  if (Number.isFinite(orphans)) row(`at most ${orphans} accounts left`, accounts.length <= orphans, accounts.length);
  row("no lease left", leases.length === 0, leases.length);
  row("no request was carried out twice", outcome.twice.length === 0, outcome.twice.length);
  return rows;
}

/** From the end of the failure until every service was well. */
export function healthyAfterMs({ faultAt, mendedAt, healthyAt }: Outcome): number {
  return Math.max(0, Math.round((healthyAt ?? Number.POSITIVE_INFINITY) - (mendedAt ?? faultAt)));
}

const failRules = {
  none: "no call fails",
  "in flight": "none fails but those under way at the failure",
  "while down": "none fails before the failure or after its end",
} as const;

type MayFail = (sample: Sample, outcome: Outcome, recoversMs: number) => boolean;

const mayFail: Record<keyof typeof failRules, MayFail> = {
  none: () => false,
  // A connection that is held dies with its session, and says so at its next statement.
  "in flight": ({ kind, at, tookMs }, { faultAt, madeAt }) =>
    at <= madeAt + (kind === "held" ? 2 * heldPauseMs : 0) && at + tookMs >= faultAt,
  "while down": ({ at, tookMs }, { faultAt, mendedAt = faultAt }, recoversMs) =>
    at + tookMs >= faultAt && at <= mendedAt + recoversMs,
};

function isOf(way: Way, { kind }: Sample): boolean {
  return (ways[way] as readonly string[]).includes(kind);
}

function named(samples: readonly Sample[]): string {
  const counts = new Map<string, number>();
  for (const { kind, failure } of samples) {
    const name = `${kind} ${failure}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const most = [...counts].sort(([, a], [, b]) => b - a).slice(0, 5);
  return `${samples.length}: ${most.map(([name, count]) => `${count} x ${name}`).join("; ")}`;
}
