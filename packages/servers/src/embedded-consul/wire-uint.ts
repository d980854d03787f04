import { ConsulFailure } from "./failure.ts";

/**
 * An unsigned number of 64 bits, in decimal.
 *
 * @throws ConsulFailure 500, with the text of Go's strconv.ParseUint
 */
export function parseWireUint(text: string): bigint {
  if (!/^\d+$/.test(text)) throw refused(text, "invalid syntax");
  const number = BigInt(text);
  if (number >= 2n ** 64n) throw refused(text, "value out of range");
  return number;
}

function refused(text: string, why: string): ConsulFailure {
  return new ConsulFailure(500, `strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`);
}
