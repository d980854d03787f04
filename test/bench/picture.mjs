// Results as a picture: how much of what is allowed each row takes.
import { shareOf } from "./row.mjs";
import { barOf, figureOf } from "./table.mjs";

const size = { label: 560, bars: 320, figure: 330, line: 26, top: 56 };
/** Where the bar is, in shares of the width; beyond it is what does not hold. */
const barAt = 0.75;
const colours = { yes: "#2e7d32", check: "#b26a00", no: "#c62828" };

/**
 * An SVG: a row each, its length the figure as a share of its bar, for a least one the other way round. So whatever reaches
 * beyond the line does not hold. The thin line is the 95 % interval.
 *
 * @param {readonly import("./result.mjs").Result[]} results rows without a bar are left out
 */
export function picture(results) {
  const rows = results.flatMap(({ rows }) => rows.filter(({ bar }) => bar));
  const width = size.label + size.bars + size.figure;
  const height = size.top + rows.length * size.line + 12;
  const line = size.label + size.bars * barAt;
  const [date, machine] = [results[0]?.at.slice(0, 10) ?? "", results[0]?.machine ?? ""];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    "<title>Each figure as a share of its bar</title>",
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text(8, 18, `Measured ${date}. ${machine}`),
    text(line, 42, "bar", `text-anchor="middle"`),
    ...rows.flatMap((row, index) => bars(row, size.top + index * size.line)),
    `<line x1="${line}" x2="${line}" y1="46" y2="${height - 8}" stroke="#333" stroke-dasharray="3 3"/>`,
    "</svg>",
    "",
  ].join("\n");
}

/** @param {import("./row.mjs").Row} row @param {number} y */
function bars(row, y) {
  const { figure, bar, holds, checks } = row;
  const at = (/** @type {number} */ value) => size.bars * Math.min(1, Math.max(0, shareOf(value, bar)) * barAt);
  const [length, one, other] = [figure.median, figure.low, figure.high].map(at);
  const colour = holds ? colours.yes : checks ? colours.check : colours.no;
  const middle = y + 8;
  return [
    text(size.label - 10, y + 12, row.question, `text-anchor="end"`),
    `<rect x="${size.label}" y="${y}" width="${round(length)}" height="16" fill="${colour}"/>`,
    `<line x1="${round(size.label + one)}" x2="${round(size.label + other)}" y1="${middle}" y2="${middle}" stroke="#000"/>`,
    text(size.label + size.bars + 10, y + 12, `${figureOf(row)}, bar ${barOf(row)}`),
  ];
}

/** @param {number} x @param {number} y @param {string} words @param {string} [more] */
function text(x, y, words, more = "") {
  const safe = words.replace(/[&<>]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign] ?? sign);
  return `<text x="${round(x)}" y="${y}"${more && ` ${more}`}>${safe}</text>`;
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}
