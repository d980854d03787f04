import type { Backend } from "./backend.ts";
import { VaultFailure } from "./failure.ts";

/** Mounted as in every Vault, since it shows in the lists; entities and groups are not part of this one. */
export class IdentityBackend implements Backend {
  async handle(): Promise<undefined> {
    throw new VaultFailure(501, "identity/ is not part of the embedded Vault");
  }

  open(): boolean {
    return false;
  }

  root(): boolean {
    return false;
  }

  async exists(): Promise<undefined> {
    return undefined;
  }

  async close(): Promise<void> {}
}
