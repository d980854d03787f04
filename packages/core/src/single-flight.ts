/**
 * Wraps `run` so that calls made while one is under way share its promise.
 *
 * @example const login = singleFlight(() => post("/login"));
 */
export function singleFlight<T>(run: () => Promise<T>): () => Promise<T> {
  let flight: Promise<T> | undefined;
  return () => {
    flight ??= run().finally(() => {
      flight = undefined;
    });
    return flight;
  };
}
