import { VaultFailure } from "../../failure.ts";
import { goType, goValue } from "../../go-value.ts";
import { durationSeconds } from "./go-duration.ts";
import { refused } from "./refusals.ts";

/** The kinds of parameters, as Vault's framework converts them; `seconds` refuses negative ones. */
export interface FieldKinds {
  string: string;
  int: number;
  bool: boolean;
  seconds: number;
  signedSeconds: number;
  /** A list, or a text with commas. */
  strings: readonly string[];
  /** A list, or one text as it is. */
  lines: readonly string[];
  /** Version numbers: a list, or a text with commas. */
  ints: readonly number[];
  map: Readonly<Record<string, unknown>>;
}

/** A path's parameters by name. */
export type Schema = Readonly<Record<string, keyof FieldKinds>>;

/** The parameters that a request named, converted. */
export type Values<S extends Schema> = { readonly [Name in keyof S]?: FieldKinds[S[Name]] };

const converters: { readonly [Kind in keyof FieldKinds]: (raw: unknown) => FieldKinds[Kind] | undefined } = {
  string: (raw) => text(raw, "''"),
  int: (raw) => int(raw, "''"),
  bool,
  seconds(raw) {
    if (raw === null) return undefined;
    const seconds = durationSeconds(raw);
    if (seconds < 0) throw refused(`cannot provide negative value '${seconds}'`);
    return seconds;
  },
  signedSeconds: (raw) => (raw === null ? undefined : durationSeconds(raw)),
  strings: (raw) => list(raw, true).map((item) => text(item, "''").trim()),
  lines: (raw) => list(raw, false).map((item) => text(item, "''").trim()),
  ints: (raw) => list(raw, true).map((item, index) => manyInts(item, index)),
  map: (raw) => map(raw, "''"),
};

/**
 * The parameters of a request, converted; those that the schema does not name are left out.
 *
 * @param prefix of the message: Vault words it differently for a path that knows whether something is stored there
 * @throws VaultFailure 400 naming the parameter
 */
export function convert<S extends Schema>(
  raw: Readonly<Record<string, unknown>>,
  schema: S,
  prefix: string,
): Values<S> {
  const values: Record<string, unknown> = {};
  for (const [name, kind] of Object.entries(schema)) {
    if (!Object.hasOwn(raw, name)) continue;
    try {
      const value = converters[kind](raw[name]);
      if (value !== undefined) values[name] = value;
    } catch (error) {
      if (!(error instanceof VaultFailure)) throw error;
      throw refused(`${prefix}error converting input ${goValue(raw[name])} for field "${name}": ${error.message}`);
    }
  }
  return values as Values<S>;
}

/**
 * A JSON value where a text is wanted.
 *
 * @param where the place that the message names
 * @throws VaultFailure 400 for a list or an object
 */
export function text(raw: unknown, where: string): string {
  if (raw === null) return "";
  if (typeof raw === "boolean") return raw ? "1" : "0";
  if (typeof raw === "object") throw unconvertible(raw, "string", where);
  return String(raw);
}

function int(raw: unknown, where: string): number {
  if (raw === null || raw === "") return 0;
  if (typeof raw === "boolean") return raw ? 1 : 0;
  if (typeof raw === "object") throw unconvertible(raw, "int", where);
  if (/^[+-]?\d+$/.test(String(raw))) return Number(raw);
  throw refused(
    `cannot parse ${where} as int: strconv.ParseInt: parsing ${JSON.stringify(String(raw))}: invalid syntax`,
  );
}

const booleans = new Map([
  ...["1", "t", "T", "true", "TRUE", "True"].map((word) => [word, true] as const),
  ...["0", "f", "F", "false", "FALSE", "False", ""].map((word) => [word, false] as const),
]);

function bool(raw: unknown): boolean {
  if (raw === null) return false;
  if (typeof raw === "number") return raw !== 0;
  if (typeof raw === "object") throw unconvertible(raw, "bool", "''");
  const value = booleans.get(String(raw));
  if (value !== undefined) return value;
  throw refused(`cannot parse '' as bool: strconv.ParseBool: parsing ${JSON.stringify(String(raw))}: invalid syntax`);
}

/** A list of objects is taken as one object. */
function map(raw: unknown, where: string): Readonly<Record<string, unknown>> {
  if (raw === null) return {};
  if (Array.isArray(raw)) return Object.assign({}, ...raw.map((item, index) => map(item, `'[${index}]'`)));
  if (typeof raw === "object") return raw as Record<string, unknown>;
  throw refused(`${where} expected a map, got '${typeof raw === "boolean" ? "bool" : "string"}'`);
}

function list(raw: unknown, commas: boolean): readonly unknown[] {
  if (raw === null || raw === "") return [];
  if (Array.isArray(raw)) return raw;
  return commas && typeof raw === "string" ? raw.split(",") : [raw];
}

function manyInts(item: unknown, index: number): number {
  try {
    return int(item, `'[${index}]'`);
  } catch (error) {
    throw refused(`1 error(s) decoding:\n\n* ${(error as Error).message}`);
  }
}

function unconvertible(raw: unknown, wanted: string, where: string): VaultFailure {
  return refused(
    `${where} expected type '${wanted}', got unconvertible type '${goType(raw)}', value: '${goValue(raw)}'`,
  );
}
