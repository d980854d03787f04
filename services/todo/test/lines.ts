interface Line extends Record<string, unknown> {
  event?: unknown;
  msg: string;
}

/** A log that keeps its lines as objects. */
export class Lines {
  readonly all: Line[] = [];
  readonly #waiting = new Map<unknown, (line: Line) => void>();
  readonly #write = (line: object, msg: string): void => {
    const entry: Line = { ...line, msg };
    this.all.push(entry);
    this.#waiting.get(entry.event)?.(entry);
  };
  readonly info: (line: object, msg: string) => void = this.#write;
  readonly warn: (line: object, msg: string) => void = this.#write;
  readonly error: (line: object, msg: string) => void = this.#write;
  readonly fatal: (line: object, msg: string) => void = this.#write;

  events(): unknown[] {
    return this.all.map(({ event }) => event);
  }

  /** The first line of that event, also one that was written already. */
  next(event: string): Promise<Line> {
    const found = this.all.find((line) => line.event === event);
    return found ? Promise.resolve(found) : new Promise((resolve) => this.#waiting.set(event, resolve));
  }
}
