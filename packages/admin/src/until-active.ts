import { type Clock, MiniclusterError, retry, withDeadline } from "@minicluster/core";
import { type VaultClient, VaultError } from "@minicluster/vault";
import { AdminError } from "./error.ts";

export interface UntilActiveOptions {
  vault: VaultClient;
  clock: Clock;
  ms: number;
  signal: AbortSignal | undefined;
}

/** What waiting doesn't change: somebody has to start, initialise or unseal it. */
const lasting: ReadonlySet<string> = new Set(["VAULT_UNREACHABLE", "VAULT_UNINITIALIZED", "VAULT_SEALED"]);

/**
 * Waits until a node is active, which after an unseal takes a moment, and knows the operator's token.
 *
 * @throws AdminError `ADMIN_VAULT_FAILED` that says what was wrong the last time
 */
export async function untilActive(options: UntilActiveOptions): Promise<void> {
  const { vault, clock, ms, signal: outer } = options;
  const phase = "asking Vault about the operator's token";
  const retryable = (error: unknown): boolean =>
    error instanceof VaultError && error.kind === "unreachable" && !lasting.has(error.code);
  let last: unknown;
  const onRetry = ({ error }: { error: unknown }): void => {
    last = error;
  };
  try {
    await withDeadline({ clock, ms, phase, signal: outer }, (signal) =>
      retry({ clock, signal, capMs: 500, retryable, onRetry }, () =>
        vault.request({ method: "GET", path: "auth/token/lookup-self", phase, signal }),
      ),
    );
  } catch (error) {
    outer?.throwIfAborted();
    const cause = error instanceof VaultError ? error : (last ?? error);
    if (!(cause instanceof MiniclusterError)) throw cause;
    const advice = cause.code === "VAULT_DENIED" ? "; is VAULT_TOKEN this Vault's?" : "";
    throw new AdminError({ code: "ADMIN_VAULT_FAILED", kind: cause.kind, message: cause.message + advice });
  }
}
