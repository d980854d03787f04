/** What became of one part: it was made, changed, or left as it was. */
export type Done = "created" | "updated" | "unchanged";

/** One thing an operator's command saw to. */
export interface Step {
  /** What it is: `policy todo`. Never a secret. */
  step: string;
  done: Done;
}

/** Collects steps and tells each of them on. */
export class Steps {
  readonly list: Step[] = [];
  readonly #onStep: ((step: Step) => void) | undefined;

  constructor(onStep?: ((step: Step) => void) | undefined) {
    this.#onStep = onStep;
  }

  add(step: string, done: Done): void {
    const entry = { step, done };
    this.list.push(entry);
    this.#onStep?.(entry);
  }

  /** Whether one of them was made or changed. */
  get changed(): boolean {
    return this.list.some((entry) => entry.done !== "unchanged");
  }
}
