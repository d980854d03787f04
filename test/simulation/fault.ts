import type { World } from "./world.ts";

/** Ends a fault. */
type End = () => Promise<void>;

export interface Fault {
  /** Two that hold the same thing don't happen at once: the second one is left out. */
  holds: "vault" | "way" | "mysql" | "process" | "wall" | "catalog" | "nothing";
  /** How long it lasts, in seconds: from, to. */
  lasts: readonly [number, number];
  /** How often among the others. */
  weight: number;
  /** @param dice in [0, 1): which of several. @returns undefined where nothing is to be ended */
  begin: (world: World, dice: number) => Promise<End | undefined>;
}

/** Over as soon as it happened. */
export function once(weight: number): Pick<Fault, "holds" | "lasts" | "weight"> {
  return { holds: "nothing", lasts: [0, 0], weight };
}
