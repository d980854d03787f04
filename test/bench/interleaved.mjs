// Two things that do the same work, measured in short slices that take turns: what disturbs one disturbs the other.
import { PerformanceObserver } from "node:perf_hooks";
import { setImmediate as turn } from "node:timers/promises";
import { getHeapStatistics } from "node:v8";
import { median, quantile, spread } from "./spread.mjs";

/**
 * @typedef {(number: number) => Promise<unknown>} Call
 * @typedef {{ wallMs: number, cpuUs: number, garbage: number | undefined, times: number[] }} Slice
 * @typedef {import("./spread.mjs").Spread} Spread
 * @typedef {{ perSecond: number, p99Ms: number, cpuUs: number }} Side medians of one side; `cpuUs` of this process, a call
 * @typedef {Side & { throughput: Spread, p99: Spread, cpu: Spread, garbage: number, theirs: Side }} Comparison
 */

/**
 * Compares `ours` with `theirs` in pairs: one, other, other, one; the next pair the other way round. Each slice makes the
 * same number of calls: as many as take `sliceMs`. Each runs for `warmUpMs` before, so that the compiler has done its work.
 *
 * @param {{ ours: Call, theirs: Call, callers: number, pairs: number, sliceMs: number, warmUpMs?: number }} options
 * @returns {Promise<Comparison>} ratios, ours to theirs, and what both sides were
 */
export async function compare({ ours, theirs, callers, pairs, sliceMs, warmUpMs = 1_500 }) {
  const collections = new Collections();
  const slice = (/** @type {Call} */ call, /** @type {number} */ calls) => run({ call, callers, calls, collections });
  let calls = callers;
  for (let passedMs = 0; passedMs < 2 * warmUpMs; ) {
    const [{ wallMs }, other] = [await slice(theirs, calls), await slice(ours, calls)];
    passedMs += wallMs + other.wallMs;
    calls = Math.max(callers, Math.round((calls * 2 * sliceMs) / (wallMs + other.wallMs)));
  }
  const taken = { ours: /** @type {Slice[]} */ ([]), theirs: /** @type {Slice[]} */ ([]) };
  for (let pair = 0; pair < pairs; pair += 1) {
    const outer = pair % 2 ? "ours" : "theirs";
    const inner = pair % 2 ? "theirs" : "ours";
    for (const side of /** @type {const} */ ([outer, inner, inner, outer])) {
      taken[side].push(await slice(side === "ours" ? ours : theirs, calls));
    }
  }
  collections.close();
  const [a, b] = [pairwise(taken.ours), pairwise(taken.theirs)];
  const ratios = (/** @type {(slice: Slice) => number} */ of) =>
    spread(a.map((mine, index) => of(mine) / of(b[index])));
  return {
    throughput: ratios(({ wallMs }) => 1 / wallMs),
    p99: ratios(({ times }) => quantile(times, 0.99)),
    cpu: ratios(({ cpuUs }) => cpuUs),
    garbage: garbage(taken.ours, taken.theirs),
    ...side(taken.ours, calls),
    theirs: side(taken.theirs, calls),
  };
}

/** @param {{ call: Call, callers: number, calls: number, collections: Collections }} options @returns {Promise<Slice>} */
async function run({ call, callers, calls, collections }) {
  const times = new Array(calls);
  let number = 0;
  const caller = async () => {
    while (number < calls) {
      const at = number++;
      const sent = performance.now();
      await call(at);
      times[at] = performance.now() - sent;
    }
  };
  const before = { heap: getHeapStatistics().used_heap_size, cpu: process.cpuUsage(), at: performance.now() };
  await Promise.all(Array.from({ length: callers }, caller));
  const wallMs = performance.now() - before.at;
  const { user, system } = process.cpuUsage(before.cpu);
  const grown = getHeapStatistics().used_heap_size - before.heap;
  return { wallMs, cpuUs: user + system, garbage: (await collections.any()) ? undefined : grown, times };
}

/** @param {readonly Slice[]} slices @param {number} calls of each @returns {Side} */
function side(slices, calls) {
  return {
    perSecond: (calls * 1_000) / median(slices.map(({ wallMs }) => wallMs)),
    p99Ms: median(slices.map(({ times }) => quantile(times, 0.99))),
    cpuUs: median(slices.map(({ cpuUs }) => cpuUs)) / calls,
  };
}

/** Two slices of one pair as one. @param {readonly Slice[]} slices @returns {Slice[]} */
function pairwise(slices) {
  return Array.from({ length: slices.length / 2 }, (_, index) => {
    const [one, other] = [slices[2 * index], slices[2 * index + 1]];
    return {
      wallMs: one.wallMs + other.wallMs,
      cpuUs: one.cpuUs + other.cpuUs,
      garbage: undefined,
      times: [...one.times, ...other.times],
    };
  });
}

/** By how much the heap grew in slices that no collection ran in. @param {readonly Slice[]} ours @param {readonly Slice[]} theirs */
function garbage(ours, theirs) {
  const [a, b] = [ours, theirs].map((slices) => slices.flatMap(({ garbage: grown }) => grown ?? []));
  return a?.length && b?.length ? median(a) / median(b) : Number.NaN;
}

/** Whether the garbage collector ran. */
class Collections {
  #count = 0;
  #observer = new PerformanceObserver((list) => this.#add(list.getEntries()));
  constructor() {
    this.#observer.observe({ type: "gc" });
  }

  /** Since the last call. */
  async any() {
    // An entry arrives a turn of the event loop after its collection, and its observer hears of it in the next.
    await turn();
    await turn();
    this.#add(this.#observer.takeRecords());
    const any = this.#count > 0;
    this.#count = 0;
    return any;
  }

  close() {
    this.#observer.disconnect();
  }

  /** @param {readonly unknown[]} entries */
  #add(entries) {
    this.#count += entries.length;
  }
}
