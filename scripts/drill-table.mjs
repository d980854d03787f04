/** What drills came to, a row each. @param {readonly object[]} records */
export const drillTable = (records) => table([head, ...records.map(rowOf)]);

/** Which drill noticed each break, and by what. @param {readonly object[]} rows */
export function sabotageTable(rows) {
  const cells = rows.map(({ name, what, drill, by }) => [name, what, drill ?? "NONE", by[0]?.slice(0, 100) ?? ""]);
  return table([["break", "what is broken", "caught by", "which saw"], ...cells]);
}

/** Failed calls of the peer beside ours. @param {readonly object[]} records */
export function peerTable(records) {
  const failed = ({ load }) =>
    load ? `${load.http.all.failed + load.mysql.all.failed} / ${load.http.all.calls + load.mysql.all.calls}` : "";
  const rows = records.map((record) => [
    record.name,
    failed(record.ours),
    failed(record),
    record.load ? "" : "skipped",
  ]);
  return table([["drill", "ours failed / calls", "node-vault + mysql2", ""], ...rows]);
}

/** Columns side by side; figures to the right. */
function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const pad = (cell, column) =>
    /^[\d./ ()]+$/.test(cell) ? cell.padStart(widths[column]) : cell.padEnd(widths[column]);
  return rows.map((row) => row.map(pad).join("  ").trimEnd()).join("\n");
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
