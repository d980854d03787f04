import type { Freshness, Secret } from "@minicluster/core";
import { expectTypeOf, test } from "vitest";
import type { VaultCredentials } from "../src/credentials.ts";

/** What a rotating pool asks of its credentials; declared by the pool's package, satisfied here without importing it. */
interface Wanted {
  readonly id: string;
  readonly username: string;
  readonly password: Secret;
}
interface Source {
  readonly current: Wanted | undefined;
  readonly state: Freshness;
  ready(options?: { signal?: AbortSignal | undefined }): Promise<Wanted>;
  rotate(options: { rejected: Wanted; reason: string; signal?: AbortSignal | undefined }): Promise<Wanted>;
  onRotated(listener: (event: { current: Wanted; previous: Wanted | undefined }) => void): () => void;
  remainingMs(credentials: Wanted): number;
  release(credentials: Wanted): Promise<void>;
}

test("VaultCredentials is a source of credentials for a pool", () => {
  expectTypeOf<VaultCredentials>().toExtend<Source>();
});
