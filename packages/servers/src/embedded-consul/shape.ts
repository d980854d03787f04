import { GoNumber, type GoValue, parseGoJson } from "./go-json.ts";
import { JsonFault } from "./json-fault.ts";
import { durationFault, parseWireDuration } from "./wire-duration.ts";

/** What a body should look like, and how its values are taken; a table instead of a struct. */
export interface Shape<T> {
  /** Go's name of the type, for error messages. */
  goType: string;
  /** What a missing or null one is. */
  zero: () => T;
  read: (value: GoValue, reading: Reading) => T;
}

/** Go goes on after a mismatch, and tells the first one. */
class Reading {
  /** The first: what it says, of the place where it says so. */
  fault: ((place: string) => string) | undefined;
  struct = "";
  path: readonly string[] = [];

  get place(): string {
    return this.path.length > 0 ? `Go struct field ${this.struct}.${this.path.join(".")}` : "Go value";
  }

  save(fault: string): void {
    this.fault ??= () => fault;
  }

  mismatch(value: GoValue, goType: string, what: string = nameOf(value)): void {
    const { place: here } = this;
    // What was read on its own is told as a fault of the field that it was read for.
    this.fault ??= (place) => `json: cannot unmarshal ${what} into ${place || here} of type ${goType}`;
  }

  /** Takes over the fault of what was read on its own. */
  adopt({ fault }: Reading): void {
    if (!fault) return;
    const text = fault(this.path.length > 0 ? this.place : "");
    this.fault ??= () => text;
  }
}

/**
 * The value that a body holds.
 *
 * @throws JsonFault with what Go's decoder would say
 */
export function readBody<T>(shape: Shape<T>, body: Buffer): T {
  return readText(shape, body.toString("utf8"));
}

function readText<T>(shape: Shape<T>, text: string): T {
  return readValue(shape, parseGoJson(text));
}

function readValue<T>(shape: Shape<T>, value: GoValue): T {
  const reading = new Reading();
  const result = take(shape, value, reading);
  if (reading.fault !== undefined) throw new JsonFault(reading.fault(""));
  return result;
}

function take<T>(shape: Shape<T>, value: GoValue, reading: Reading): T {
  return value === null ? shape.zero() : shape.read(value, reading);
}

export const string: Shape<string> = {
  goType: "string",
  zero: () => "",
  read: (value, reading) => (typeof value === "string" ? value : miss(string, value, reading)),
};

/** A string type with a name of its own, such as `types.CheckID`. */
export function named(goType: string): Shape<string> {
  const shape: Shape<string> = {
    ...string,
    goType,
    read: (value, reading) => (typeof value === "string" ? value : miss(shape, value, reading)),
  };
  return shape;
}

export const boolean: Shape<boolean> = {
  goType: "bool",
  zero: () => false,
  read: (value, reading) => (typeof value === "boolean" ? value : miss(boolean, value, reading)),
};

/** A whole number of Go's `int`; what is beyond the safe ones of JavaScript is refused as beyond the type. */
export const integer: Shape<number> = whole("int", Number.MIN_SAFE_INTEGER);
export const unsigned: Shape<number> = whole("uint64", 0);

function whole(goType: string, least: number): Shape<number> {
  const shape: Shape<number> = {
    goType,
    zero: () => 0,
    read: (value, reading) => {
      if (!(value instanceof GoNumber)) return miss(shape, value, reading);
      const number = Number(value.text);
      if (/^-?\d+$/.test(value.text) && Number.isSafeInteger(number) && number >= least) return number;
      reading.mismatch(value, goType, `number ${value.text}`);
      return 0;
    },
  };
  return shape;
}

/** About 292 years: what fits into Go's durations. */
const longest = 2 ** 63;

/** Nanoseconds: a text such as "10s", or a number. What is neither counts as none, as in Consul. */
export const duration: Shape<number> = {
  goType: "time.Duration",
  zero: () => 0,
  read: (value, reading) => {
    if (value instanceof GoNumber) return Math.trunc(Math.max(-longest, Math.min(longest, Number(value.text))));
    if (typeof value !== "string") return 0;
    const ns = parseWireDuration(value);
    if (ns === undefined) reading.save(durationFault(value));
    return ns ?? 0;
  },
};

export function list<T>(of: Shape<T>, goType: string = `[]${of.goType}`): Shape<T[] | undefined> {
  const shape: Shape<T[] | undefined> = {
    goType,
    zero: () => undefined,
    read: (value, reading) =>
      Array.isArray(value) ? value.map((element) => take(of, element, reading)) : miss(shape, value, reading),
  };
  return shape;
}

export function map<T>(of: Shape<T>): Shape<Record<string, T> | undefined> {
  const shape: Shape<Record<string, T> | undefined> = {
    goType: `map[string]${of.goType}`,
    zero: () => undefined,
    read: (value, reading) => {
      if (!(value instanceof Map)) return miss(shape, value, reading);
      return Object.fromEntries([...value].map(([key, element]) => [key, take(of, element, reading)]));
    },
  };
  return shape;
}

/** A pointer to another shape: undefined where it is missing or null. */
export function optional<T>(of: Shape<T>): Shape<T | undefined> {
  return { goType: of.goType, zero: () => undefined, read: of.read };
}

type Fields<T> = { readonly [Name in keyof T]: Shape<T[Name]> };

export interface StructOptions {
  /** Go's name of the type, with its package: "structs.NodeService". */
  goType: string;
  /** Its name in a message on one of its fields. Default: the type's. */
  structName?: string;
  /** Read on its own, as Go does a type with an UnmarshalJSON: messages on its fields name the field it was read for. */
  alone?: boolean;
  /** Unknown fields are passed over. */
  lenient?: boolean;
}

/** An object of these fields and no others; their names are matched without regard to case, as Go does. */
export function struct<T extends object>(options: StructOptions, fields: Fields<T>): Shape<T> {
  const { goType, structName = goType.replace(/^.*\./, ""), alone = false, lenient = false } = options;
  const names = Object.keys(fields) as (keyof T & string)[];
  const byName = new Map<string, keyof T & string>(names.map((name) => [name.toLowerCase(), name]));
  const zero = (): T => Object.fromEntries(names.map((name) => [name, fields[name].zero()])) as T;
  const read = (value: GoValue, reading: Reading): T => {
    const result = zero();
    if (!(value instanceof Map)) return miss(shape, value, reading);
    const { struct: outerStruct, path } = reading;
    for (const [key, field] of value) {
      const name = byName.get(key.toLowerCase());
      if (name === undefined) {
        if (!lenient) reading.save(`json: unknown field ${JSON.stringify(key)}`);
        continue;
      }
      reading.struct = structName;
      reading.path = [...path, name];
      result[name] = take(fields[name], field, reading);
    }
    reading.struct = outerStruct;
    reading.path = path;
    return result;
  };
  const shape: Shape<T> = { goType, zero, read: alone ? onItsOwn(read) : read };
  return shape;
}

function onItsOwn<T>(read: (value: GoValue, reading: Reading) => T): (value: GoValue, reading: Reading) => T {
  return (value, reading) => {
    const own = new Reading();
    const result = read(value, own);
    reading.adopt(own);
    return result;
  };
}

function miss<T>(shape: Shape<T>, value: GoValue, reading: Reading): T {
  reading.mismatch(value, shape.goType);
  return shape.zero();
}

function nameOf(value: GoValue): string {
  if (value instanceof GoNumber) return "number";
  if (Array.isArray(value)) return "array";
  return value instanceof Map ? "object" : value === null ? "null" : typeof value === "boolean" ? "bool" : "string";
}
