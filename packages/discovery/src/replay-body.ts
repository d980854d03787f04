/** How much of a body is remembered, so that it can be sent again. */
const mostBytes = 1_048_576;

/**
 * A request body that can be read from its beginning again, as long as it is small: what was read is remembered. `fetch`
 * hands every body on as an iterable that can be read once.
 */
export class ReplayBody implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterator<Uint8Array>;
  #read: Uint8Array[] = [];
  #bytes = 0;
  #done = false;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  get replayable(): boolean {
    return this.#bytes <= mostBytes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    for (let at = 0; ; at += 1) {
      let chunk = this.#read[at];
      if (chunk === undefined) {
        if (this.#done) return;
        // Not `for await`: a reader that gives up must not end the source.
        const next = await this.#source.next();
        if (next.done) {
          this.#done = true;
          return;
        }
        chunk = next.value;
        this.#remember(chunk);
      }
      yield chunk;
    }
  }

  #remember(chunk: Uint8Array): void {
    this.#bytes += chunk.byteLength;
    if (this.replayable) this.#read.push(chunk);
    else this.#read = [];
  }
}
