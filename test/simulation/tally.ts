import type { Report } from "./simulation.ts";

/** What happened in all simulations of a run, for a reader. */
export function figures(of: { reports: readonly Report[]; seed: number; days: number; ms: number }): string {
  const { reports, seed, days, ms } = of;
  const sum = (read: (report: Report) => number): number => reports.reduce((total, report) => total + read(report), 0);
  const most = (read: (report: Report) => number): number => Math.max(0, ...reports.map(read));
  const faults = new Map<string, number>();
  for (const report of reports) {
    for (const [name, count] of Object.entries(report.faults)) faults.set(name, (faults.get(name) ?? 0) + count);
  }
  const all = [...faults].sort(([, one], [, other]) => other - one);
  return [
    `${sum((report) => report.days)} days in ${Math.round(ms / 1_000)} s, MINICLUSTER_SEED=${seed} MINICLUSTER_SIMULATED_DAYS=${days}`,
    `calls ${sum(({ calls }) => calls)}, failed ${sum(({ failed }) => failed)} (MySQL away, or no account to be had), promises broken ${sum(({ violations }) => violations.length)}`,
    `credentials issued ${sum(({ issued }) => issued)}; at most ${most(({ mostTimers }) => mostTimers)} timers, ${most(({ mostLeases }) => mostLeases)} leases at once while all was well`,
    `faults ${all.reduce((total, [, count]) => total + count, 0)}:`,
    ...all.map(([name, count]) => `${String(count).padStart(7)}  ${name}`),
  ].join("\n");
}
