/** What drills came to, a row each. @param {readonly object[]} records */
export function drillTable(records) {
  const rows = [head, ...records.map(rowOf)];
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) =>
      row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  "),
    )
    .join("\n");
}

const head = [
  "drill",
  "on",
  "calls",
  "failed",
  "http p99 b/d/a ms",
  "pool p99 b/d/a ms",
  "well in ms",
  "issued",
  "conns (a s)",
  "left",
  "holds",
];

function rowOf({ name, code, engine, load, healthyAfterMs, issued, connections, left, holds }) {
  if (!load) return [name, "", "", "", "", "", "", "", "", "", code === 0 ? "skipped" : "NO: no record"];
  const p99 = ({ before, during, after }) => [before, during, after].map(({ p99Ms }) => p99Ms).join("/");
  const broken = holds.filter(({ ok }) => !ok).map(({ what }) => what);
  return [
    name,
    engine,
    `${load.http.all.calls + load.mysql.all.calls}`,
    `${load.http.all.failed + load.mysql.all.failed}`,
    p99(load.http),
    p99(load.mysql),
    `${healthyAfterMs ?? "never"}`,
    `${issued.total}`,
    `${connections.opened} (${connections.mostInASecond})`,
    `${left.accounts.length + left.leases.length}`,
    broken.length === 0 && code === 0 ? "yes" : `NO: ${broken.join(", ")}`,
  ];
}
