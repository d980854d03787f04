/**
 * A stretch of time that ends once, with a reason. As an AbortSignal, but to listen and to stop listening cost the same
 * however many listen.
 */
export class Span {
  readonly #listeners = new Set<(reason: unknown) => void>();
  #ended: { reason: unknown } | undefined;

  /** Ends it when `signal` is aborted, with its reason, or with `reason`. */
  static of(signal: AbortSignal, reason?: unknown): Span {
    const span = new Span();
    const end = (): void => span.end(reason ?? signal.reason);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end, { once: true });
    return span;
  }

  /** Calls `run` at the end, at once when that was before; returns a function that takes it off again. */
  onEnd(run: (reason: unknown) => void): () => void {
    if (this.#ended) run(this.#ended.reason);
    else this.#listeners.add(run);
    return () => void this.#listeners.delete(run);
  }

  end(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = { reason };
    for (const listener of this.#listeners) listener(reason);
    this.#listeners.clear();
  }
}
