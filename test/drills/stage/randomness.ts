import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

/** The seed of this run: MINICLUSTER_SEED, else another one each time. */
export const seed: number = Number(process.env["MINICLUSTER_SEED"] ?? Date.now() % 1_000_000_007);

/** Numbers of 0 up to 1 that are the same for the same seed. */
export function randomFrom(start: number): () => number {
  const generator = xoroshiro128plus(start);
  return () => (generator.next() >>> 0) / 2 ** 32;
}
