/** When something held, as closed intervals of time. */
export class Intervals {
  #all: { from: number; to: number }[] = [];
  #since: number | undefined;

  /** It holds, or does not, from now on. */
  note(holds: boolean, now: number): void {
    if (holds) this.#since ??= now;
    else if (this.#since !== undefined) {
      this.#all.push({ from: this.#since, to: now });
      this.#since = undefined;
    }
  }

  /** Whether it held at some moment between, in an interval of at least this length. */
  touches(from: number, to: number, leastMs = 0): boolean {
    const open = this.#since === undefined ? [] : [{ from: this.#since, to }];
    return [...open, ...this.#all].some((one) => one.from <= to && one.to >= from && one.to - one.from >= leastMs);
  }

  /** Forgets what ended before. */
  forget(before: number): void {
    this.#all = this.#all.filter(({ to }) => to >= before);
  }
}
