import { setMaxListeners } from "node:events";

/**
 * A signal that is aborted with the first of several. Unlike `AbortSignal.any` it leaves nothing behind on signals that
 * live longer than itself, once it is disposed.
 *
 * @example using linked = new LinkedSignal(closing, options.signal); await work(linked.signal);
 */
export class LinkedSignal implements Disposable {
  readonly signal: AbortSignal;
  readonly #off: (() => void)[] = [];

  constructor(...signals: readonly (AbortSignal | undefined)[]) {
    const controller = new AbortController();
    this.signal = controller.signal;
    setMaxListeners(0, this.signal);
    for (const each of signals) {
      if (!each) continue;
      if (each.aborted) {
        controller.abort(each.reason);
        break;
      }
      // Many calls at once are no leak.
      setMaxListeners(0, each);
      const onAbort = (): void => controller.abort(each.reason);
      each.addEventListener("abort", onAbort, { once: true });
      this.#off.push(() => each.removeEventListener("abort", onAbort));
    }
  }

  [Symbol.dispose](): void {
    for (const off of this.#off.splice(0)) off();
  }
}
