import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";

/**
 * Makes ids, keys and passwords of this process the same for the same random numbers, so that a simulation can be
 * repeated: Vault sorts by ids what falls due at once. Until it is disposed.
 */
export function seededCrypto(random: () => number): Disposable {
  const { randomBytes, randomUUID } = crypto;
  const bytes = (size: number): Buffer => Buffer.from(Array.from({ length: size }, () => Math.floor(random() * 256)));
  const uuid = (): string => {
    const hex = bytes(16).toString("hex");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  };
  Object.assign(crypto, { randomBytes: bytes, randomUUID: uuid });
  syncBuiltinESMExports();
  return {
    [Symbol.dispose]() {
      Object.assign(crypto, { randomBytes, randomUUID });
      syncBuiltinESMExports();
    },
  };
}
