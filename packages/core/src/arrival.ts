/** A promise with what settles it. */
export interface Arrival<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (reason: unknown) => void;
}

export function arrival<T>(): Arrival<T> {
  let resolve: Arrival<T>["resolve"] = () => {};
  let reject: Arrival<T>["reject"] = () => {};
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  // Those who wait see it; when nobody does any more, nobody needs to.
  promise.catch(() => {});
  return { promise, resolve, reject };
}
