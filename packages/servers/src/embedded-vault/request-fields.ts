import { VaultFailure } from "./failure.ts";
import { goValue } from "./go-value.ts";
import { vaultDurationMs } from "./vault-duration.ts";

type Data = Readonly<Record<string, unknown>>;

function wrong(name: string, value: unknown, says: string): VaultFailure {
  return new VaultFailure(
    400,
    `Field validation failed: error converting input ${goValue(value)} for field "${name}": ${says}`,
  );
}

/** A text; numbers and booleans are taken as theirs. @throws VaultFailure 400 */
export function textOf(data: Data, name: string, missing = ""): string {
  const value = data[name];
  if (value === undefined || value === null) return missing;
  if (typeof value === "object") throw wrong(name, JSON.stringify(value), "expected type 'string'");
  return String(value);
}

/** A list of texts, or one with commas. @throws VaultFailure 400 */
export function listOf(data: Data, name: string): string[] | undefined {
  const value = data[name];
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) return value.map(goValue);
  if (typeof value === "object") throw wrong(name, JSON.stringify(value), "expected a list of strings");
  const text = goValue(value);
  return text === "" ? [] : text.split(",").map((one) => one.trim());
}

/** @throws VaultFailure 400 */
export function booleanOf(data: Data, name: string, missing = false): boolean {
  const value = data[name];
  if (value === undefined || value === null || value === "") return missing;
  if (typeof value === "boolean") return value;
  if (/^(1|t|true)$/i.test(goValue(value))) return true;
  if (/^(0|f|false)$/i.test(goValue(value))) return false;
  throw wrong(name, value, "cannot parse as bool");
}

/** A whole number. @throws VaultFailure 400 */
export function wholeOf(data: Data, name: string, missing = 0): number {
  const value = data[name];
  if (value === undefined || value === null || value === "") return missing;
  const number = Number(goValue(value));
  if (Number.isInteger(number)) return number;
  throw wrong(name, value, "cannot parse as int");
}

/** A duration in milliseconds. @throws VaultFailure 400 */
export function durationOf(data: Data, name: string): number | undefined {
  const value = data[name];
  if (value === undefined || value === null) return undefined;
  let ms: number;
  try {
    ms = vaultDurationMs(value);
  } catch (error) {
    throw wrong(name, value, (error as Error).message);
  }
  if (ms < 0) throw wrong(name, value, `cannot provide negative value '${goValue(value)}'`);
  return ms;
}

/** An object of texts. @throws VaultFailure 400 */
export function mapOf(data: Data, name: string): Record<string, string> | undefined {
  const value = data[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "object" || Array.isArray(value)) throw wrong(name, JSON.stringify(value), "expected a map");
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, goValue(one)]));
}
