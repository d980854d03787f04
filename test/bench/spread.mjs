// What a row of figures says, and how sure that is.

/** @typedef {{ median: number, low: number, high: number }} Spread */

/**
 * The middle of some figures, and the 95 % confidence interval of it: the median of the figures drawn anew from themselves
 * (bootstrap), 2,000 times. The draws are the same in each run.
 *
 * @param {readonly number[]} values at least one
 * @returns {Spread}
 */
export function spread(values) {
  return spreadOf(values, median);
}

/**
 * The same for any figure of a whole: `of` the parts as they were measured, and of the parts drawn anew.
 *
 * @template T
 * @param {readonly T[]} parts at least one; each is drawn as a whole
 * @param {(parts: readonly T[]) => number} of
 * @param {{ draws?: number }} [options]
 * @returns {Spread} `median` is the figure as it was measured
 */
export function spreadOf(parts, of, { draws = 2_000 } = {}) {
  const random = randomFrom(parts.length);
  const drawn = Array.from({ length: draws }, () => of(parts.map(() => parts[Math.floor(random() * parts.length)])));
  return { median: of(parts), low: quantile(drawn, 0.025), high: quantile(drawn, 0.975) };
}

/**
 * What both sides of every part have at a quantile, ours to theirs.
 *
 * @param {readonly { ours: readonly number[], theirs: readonly number[] }[]} parts
 * @param {number} share
 * @returns {Spread}
 */
export function quantileRatio(parts, share) {
  const at = (/** @type {typeof parts} */ drawn, /** @type {"ours" | "theirs"} */ side) =>
    quantile(
      drawn.flatMap((part) => part[side]),
      share,
    );
  return spreadOf(parts, (drawn) => at(drawn, "ours") / at(drawn, "theirs"), { draws: 400 });
}

/** @param {readonly number[]} values */
export function median(values) {
  return quantile(values, 0.5);
}

/** Between two figures it takes the share of both. @param {readonly number[]} values @param {number} share */
export function quantile(values, share) {
  const sorted = Float64Array.from(values).sort();
  const place = (sorted.length - 1) * share;
  const below = Math.floor(place);
  const [low, high] = [sorted[below], sorted[Math.ceil(place)]];
  return low + (high - low) * (place - below);
}

/** Numbers from 0 to 1 that look random (mulberry32). @param {number} seed */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
