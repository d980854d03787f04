// One row of the table: a question, both sides, how they compare, and what is asked of that.

/**
 * @typedef {import("./spread.mjs").Spread} Spread
 * @typedef {{ value: number, unit: string }} Quantity
 * @typedef {{ least?: number, most?: number, of?: keyof Spread }} Bar `of` the median unless it says otherwise
 * @typedef {{
 *   question: string, ours?: Quantity, peer?: Quantity, figure: Spread, unit: string, bar?: Bar, check?: Bar,
 *   holds?: boolean, checks?: boolean,
 * }} Row `unit` of the figure: "x" for a ratio, ours to the peer
 */

/**
 * A row with what is asked of it answered.
 *
 * @param {{
 *   question: string, ours?: Quantity, peer?: Quantity, figure: Spread, unit?: string, bar?: Bar, check?: Bar,
 * }} given `bar` is the promise; `check` is what `--check` fails at, and is the bar unless it says otherwise
 * @returns {Row}
 */
export function row({ figure, unit = "x", bar, check = bar, ...rest }) {
  const answered = bar && check ? { bar, check, holds: meets(figure, bar), checks: meets(figure, check) } : {};
  return { ...rest, figure, unit, ...answered };
}

/**
 * The one of several rows that is furthest below its bar, or closest to it, under one question: it speaks for all.
 *
 * @param {string} question
 * @param {readonly (Row & { of: string })[]} rows with one bar; `of` says what each is about
 * @returns {Row}
 */
export function worst(question, rows) {
  const [first] = [...rows].sort((a, b) => use(b) - use(a));
  const { of, ...found } = first;
  const every = (/** @type {"holds" | "checks"} */ name) => rows.every((each) => each[name] !== false);
  return {
    ...found,
    question: `${question} (the worst of ${rows.length}: ${of})`,
    holds: every("holds"),
    checks: every("checks"),
  };
}

/** How much of what is allowed a figure takes: 1 is the bar itself, more is beyond it. @param {Row} of */
export function use({ figure, bar }) {
  return shareOf(figure[bar?.of ?? "median"], bar);
}

/** @param {number} value @param {Bar | undefined} bar */
export function shareOf(value, bar) {
  if (bar?.most !== undefined) return value / bar.most;
  return bar?.least === undefined ? 0 : bar.least / value;
}

/** A figure that is not a number meets nothing. @param {Spread} figure @param {Bar} bar */
function meets(figure, { least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY, of = "median" }) {
  return figure[of] >= least && figure[of] <= most;
}
