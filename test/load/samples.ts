/** One finished call of a load. */
export interface Sample {
  /** What was called: `query`, `GET`. */
  kind: string;
  /** When it was due, in milliseconds since the meter was made. */
  at: number;
  /** From when it was due to its answer, so that a backlog counts as latency. */
  tookMs: number;
  /** What went wrong, by name and code. */
  failure?: string | undefined;
}

const chunkLength = 65_536;

interface Chunk {
  at: Float64Array;
  tookMs: Float32Array;
  kind: Uint8Array;
}

/** Millions of samples in a few bytes each, outside of the heap: what is measured may share the process. */
export class Samples implements Iterable<Sample> {
  readonly #chunks: Chunk[] = [];
  readonly #kinds: string[] = [];
  readonly #failures = new Map<number, string>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add({ kind, at, tookMs, failure }: Sample): void {
    const index = this.#length % chunkLength;
    if (index === 0) {
      this.#chunks.push({
        at: new Float64Array(chunkLength),
        tookMs: new Float32Array(chunkLength),
        kind: new Uint8Array(chunkLength),
      });
    }
    const chunk = this.#chunks.at(-1) as Chunk;
    chunk.at[index] = at;
    chunk.tookMs[index] = tookMs;
    chunk.kind[index] = this.#number(kind);
    if (failure) this.#failures.set(this.#length, failure);
    this.#length += 1;
  }

  *[Symbol.iterator](): Iterator<Sample> {
    for (let number = 0; number < this.#length; number += 1) yield this.#at(number);
  }

  /** Those that failed. */
  get failed(): Sample[] {
    return [...this.#failures.keys()].map((number) => this.#at(number));
  }

  filter(wanted: (sample: Sample) => boolean): Sample[] {
    const found: Sample[] = [];
    for (const sample of this) if (wanted(sample)) found.push(sample);
    return found;
  }

  #at(number: number): Sample {
    const chunk = this.#chunks[Math.floor(number / chunkLength)] as Chunk;
    const index = number % chunkLength;
    return {
      kind: this.#kinds[chunk.kind[index] ?? 0] ?? "",
      at: chunk.at[index] ?? 0,
      tookMs: chunk.tookMs[index] ?? 0,
      failure: this.#failures.get(number),
    };
  }

  #number(kind: string): number {
    const known = this.#kinds.indexOf(kind);
    if (known >= 0) return known;
    return this.#kinds.push(kind) - 1;
  }
}
