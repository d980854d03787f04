import { ConsulFailure } from "./failure.ts";
import type { Query } from "./query.ts";
import { parseWireDuration } from "./wire-duration.ts";

/** How a read wants to wait, from its parameters. */
export interface Patience {
  /** 0: answer at once. */
  index: number;
  waitMs: number;
}

const defaultWaitMs = 300_000;
const longestWaitMs = 600_000;
/** A sixteenth of the wait is added at random, so that watchers don't come back all at once. */
const jitterFraction = 16;

/**
 * `?index=` and `?wait=`; default 5 minutes, at most 10, and up to a sixteenth more.
 *
 * @throws ConsulFailure 400
 */
export function patienceOf(query: Query, random: () => number = Math.random): Patience {
  const wait = query.get("wait");
  const waitNs = wait === "" ? 0 : parseWireDuration(wait);
  if (waitNs === undefined) throw new ConsulFailure(400, "Invalid wait time");
  const text = query.get("index");
  const index = text === "" ? 0 : wireIndex(text);
  if (index === undefined) throw new ConsulFailure(400, "Invalid index");
  const asked = waitNs <= 0 ? defaultWaitMs : Math.min(waitNs / 1e6, longestWaitMs);
  return { index, waitMs: asked + (random() * asked) / jitterFraction };
}

/** An unsigned 64-bit number; what is beyond the safe ones waits like the largest safe one. */
function wireIndex(text: string): number | undefined {
  if (!/^\d+$/.test(text) || BigInt(text) >= 2n ** 64n) return undefined;
  return Math.min(Number(text), Number.MAX_SAFE_INTEGER);
}

/**
 * The consistency a read asks for; one server that leads gives all of them alike.
 *
 * @throws ConsulFailure 400 for what contradicts itself
 */
export function consistencyOf(query: Query): "leader" | "stale" | "consistent" {
  const maxStale = query.get("max_stale");
  const maxStaleNs = maxStale === "" ? 0 : parseWireDuration(maxStale);
  if (maxStaleNs === undefined) {
    throw new ConsulFailure(400, `Invalid max_stale value ${JSON.stringify(maxStale)}`);
  }
  const stale = query.has("stale") || maxStaleNs > 0;
  if (!query.has("consistent")) return stale ? "stale" : "leader";
  if (stale) throw new ConsulFailure(400, "Cannot specify ?stale with ?consistent, conflicting semantics.");
  if (query.has("cached")) {
    throw new ConsulFailure(400, "Cannot specify ?cached with ?consistent, conflicting semantics.");
  }
  return "consistent";
}
