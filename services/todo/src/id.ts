import { invalidInput, type TodoError } from "./errors.ts";

/** The greatest BIGINT. */
export const maxId: bigint = 2n ** 63n - 1n;

/**
 * An id as canonical decimal digits, or undefined when it is anything but digits that fit a BIGINT: no sign, no
 * fraction, no exponent, no `0x`, no percent-encoding, nothing after it. It stays text: a number ends at 2^53.
 *
 * @example parseId("007") // "7"; parseId("01x") // undefined
 */
export function parseId(text: string): string | undefined {
  if (!/^[0-9]{1,20}$/.test(text)) return undefined;
  const id = BigInt(text);
  return id <= maxId ? String(id) : undefined;
}

/** For an id in the path that is none. */
export function invalidId(): TodoError {
  return invalidInput("id", `in the path must be a whole number from 0 to ${maxId}`);
}
