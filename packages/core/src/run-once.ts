/**
 * Wraps `run` so that it runs at the first call only; every call answers what that one did. What `close()` is made of.
 *
 * @example readonly close: () => Promise<void> = runOnce(() => this.#close());
 */
export function runOnce<T>(run: () => T): () => T {
  let ran: { result: T } | undefined;
  return () => {
    ran ??= { result: run() };
    return ran.result;
  };
}
