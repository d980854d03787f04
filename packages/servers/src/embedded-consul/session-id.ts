import { ConsulFailure } from "./failure.ts";

/**
 * A session's id as the table keeps it: its hex digits, in lower case.
 *
 * @throws ConsulFailure 500 for what is no UUID, as the index of Consul's store tells it
 */
export function sessionKey(id: string): string {
  if (Buffer.byteLength(id) !== 36) throw refused("UUID must be 36 characters");
  const hyphens = id.split("-").length - 1;
  if (hyphens > 4) throw refused(`UUID should have maximum of 4 "-"; got ${hyphens}`);
  const digits = id.replaceAll("-", "");
  if (digits.length % 2 !== 0) throw refused("Input (without hyphens) must be even length");
  const wrong = /[^0-9a-f]/i.exec(digits)?.[0];
  if (wrong) throw refused(`Invalid UUID: encoding/hex: invalid byte: ${character(wrong)}`);
  return digits.toLowerCase();
}

/** The first byte of it, as Go prints a character. */
function character(text: string): string {
  const byte = Buffer.from(text)[0] ?? 0;
  const code = byte.toString(16).toUpperCase().padStart(4, "0");
  return `U+${code} '${String.fromCharCode(byte)}'`;
}

function refused(why: string): ConsulFailure {
  return new ConsulFailure(500, `failed session lookup: index error: ${why}`);
}
