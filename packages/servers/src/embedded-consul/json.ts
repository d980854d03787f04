import { randomUUID } from "node:crypto";

const escapes: Readonly<Record<string, string>> = {
  "<": "\\u003c",
  ">": "\\u003e",
  "&": "\\u0026",
  "\u2028": "\\u2028",
  "\u2029": "\\u2029",
};

/** Before a number too large for JavaScript's, whose quotes are taken off again; no client can know it. */
const mark = randomUUID();
const marked = new RegExp(`"${mark}(\\d+)"`, "g");

/** JSON as Go's encoder writes it; `pretty` as Consul does for `?pretty`. */
export function writeJson(value: unknown, pretty: boolean): string {
  const text = pretty ? `${JSON.stringify(value, whole, 4)}\n` : JSON.stringify(value, whole);
  return text.replace(marked, "$1").replace(/[<>&\u2028\u2029]/g, (character) => escapes[character] ?? character);
}

function whole(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${mark}${value}` : value;
}
