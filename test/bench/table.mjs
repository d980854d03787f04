// Results as one table, for a terminal and for Markdown.

/** @typedef {import("./result.mjs").Result} Result */
/** @typedef {import("./row.mjs").Row} Row */

const header = ["question", "ours", "peer", "ratio (95 % interval)", "bar", "holds"];

/** One row a question, columns aligned. @param {readonly Result[]} results */
export function table(results) {
  const rows = [header, ...cells(results)];
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** The same as a Markdown table. @param {readonly Result[]} results */
export function markdown(results) {
  const rows = [header, header.map(() => "---"), ...cells(results)];
  return rows.map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** What a figure and what is asked of it look like, as in "1.021 x (1.013-1.030)". @param {Row} row */
export function figureOf({ figure: { median, low, high }, unit }) {
  const middle = amount({ value: median, unit });
  return low === high ? middle : `${middle} (${number(low)}-${number(high)})`;
}

/** ">= 0.98 x". @param {Row} row */
export function barOf({ bar, unit }) {
  if (!bar) return "";
  const { least, most } = bar;
  return least === undefined ? `<= ${amount({ value: most ?? 0, unit })}` : `>= ${amount({ value: least, unit })}`;
}

/** @param {readonly Result[]} results */
function cells(results) {
  return results.flatMap(({ rows }) =>
    rows.map((row) => [
      row.question,
      row.ours ? amount(row.ours) : "",
      row.peer ? amount(row.peer) : "",
      figureOf(row),
      barOf(row),
      verdict(row),
    ]),
  );
}

/** By how much it does not hold, of the bar. @param {Row} row */
function verdict(row) {
  const { bar, holds, checks } = row;
  if (!bar || holds) return bar ? "yes" : "";
  const limit = bar.least ?? bar.most ?? 0;
  const beyond =
    limit === 0 ? "" : `, by ${((Math.abs(row.figure[bar.of ?? "median"] - limit) / limit) * 100).toFixed(1)} %`;
  return `no${beyond}${checks ? ", within the check" : ""}`;
}

/** @param {import("./row.mjs").Quantity} quantity */
function amount({ value, unit }) {
  return `${number(value)}${unit === "" || unit.startsWith("/") ? "" : " "}${unit}`;
}

/** Three digits that say something; whole numbers as they are, and from 100 on. @param {number} value */
function number(value) {
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString("en-US");
  return value.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3);
}
