import { cpus } from "node:os";

/** What figures depend on, in one line. @param {readonly string[]} [versions] of servers */
export function machine(versions = []) {
  const all = cpus();
  const cpu = `${all.length} x ${all[0]?.model.trim() || process.arch}`;
  return [`Node ${process.versions.node}`, ...versions, `${process.platform} ${process.arch}`, cpu].join(", ");
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
