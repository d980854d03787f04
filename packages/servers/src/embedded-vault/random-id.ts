import { randomBytes } from "node:crypto";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Letters and digits, as Vault makes tokens, accessors and lease ids of them. */
export function randomId(length = 24): string {
  let id = "";
  while (id.length < length) {
    for (const byte of randomBytes(length)) {
      // Above the last multiple of 62 the first letters would come up more often.
      if (byte < 248 && id.length < length) id += alphabet[byte % 62];
    }
  }
  return id;
}
