import { type Held, kindOf, LinkedSignal, MiniclusterError, type Renewer } from "@minicluster/core";
import { closedError } from "./error.ts";

export interface OrRefusedOptions<T> {
  renewer: Renewer<T>;
  /** Whose loop it is, for the error. */
  name: string;
  signals: readonly (AbortSignal | undefined)[];
}

/**
 * Waits for the loop's value, but not through a refusal: that needs a person.
 *
 * @throws what it is refused with; `VAULT_CLOSED`; the reason of a signal
 */
export async function orRefused<T>(
  { renewer, name, signals }: OrRefusedOptions<T>,
  wait: (signal: AbortSignal) => Promise<Held<T>>,
): Promise<T> {
  const refused = new AbortController();
  const off = renewer.events.on("failed", ({ step, error }) => {
    if (step === "rotate" && kindOf(error) !== "unreachable") refused.abort(error);
  });
  using until = new LinkedSignal(refused.signal, ...signals);
  try {
    return (await wait(until.signal)).value;
  } catch (error) {
    throw error instanceof MiniclusterError && error.code === "CLOSED" ? closedError(name) : error;
  } finally {
    off();
  }
}
