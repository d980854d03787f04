import { JsonFault } from "./json-fault.ts";

/** A JSON value whose numbers are kept as they were written. */
export type GoValue = null | boolean | string | GoNumber | GoValue[] | Map<string, GoValue>;

/** A number as it was written: an index may be larger than a JavaScript number is exact for. */
export class GoNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const deepest = 1_000;

/**
 * The first JSON value of a text, as Go's decoder reads it: what follows is not looked at, and what is wrong is said in
 * its words.
 *
 * @throws JsonFault
 */
export function parseGoJson(text: string): GoValue {
  return new Parser(text).first();
}

class Parser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  first(): GoValue {
    this.#skip();
    if (this.#at >= this.#text.length) throw new JsonFault("EOF");
    return this.#value();
  }

  #value(): GoValue {
    this.#skip();
    const character = this.#peek();
    if (character === "{" || character === "[") {
      this.#depth += 1;
      if (this.#depth > deepest) throw new JsonFault("exceeded max depth");
      const value = character === "{" ? this.#object() : this.#array();
      this.#depth -= 1;
      return value;
    }
    if (character === '"') return this.#string();
    if (character === "t") return this.#literal("true", true);
    if (character === "f") return this.#literal("false", false);
    if (character === "n") return this.#literal("null", null);
    if (character === "-" || isDigit(character)) return this.#number();
    throw this.#unexpected("looking for beginning of value");
  }

  #object(): GoValue {
    const entries = new Map<string, GoValue>();
    this.#at += 1;
    this.#skip();
    if (this.#peek() === "}") return this.#done(entries);
    for (;;) {
      this.#skip();
      if (this.#peek() !== '"') throw this.#unexpected("looking for beginning of object key string");
      const key = this.#string();
      this.#skip();
      if (this.#peek() !== ":") throw this.#unexpected("after object key");
      this.#at += 1;
      entries.set(key, this.#value());
      this.#skip();
      if (this.#peek() === "}") return this.#done(entries);
      if (this.#peek() !== ",") throw this.#unexpected("after object key:value pair");
      this.#at += 1;
    }
  }

  #array(): GoValue {
    const elements: GoValue[] = [];
    this.#at += 1;
    this.#skip();
    if (this.#peek() === "]") return this.#done(elements);
    for (;;) {
      elements.push(this.#value());
      this.#skip();
      if (this.#peek() === "]") return this.#done(elements);
      if (this.#peek() !== ",") throw this.#unexpected("after array element");
      this.#at += 1;
    }
  }

  #done<T>(value: T): T {
    this.#at += 1;
    return value;
  }

  #string(): string {
    let out = "";
    this.#at += 1;
    for (;;) {
      const character = this.#peek();
      if (character === '"') return this.#done(out);
      if (character < " ") throw this.#unexpected("in string literal");
      this.#at += 1;
      out += character === "\\" ? this.#escape() : character;
    }
  }

  #escape(): string {
    const character = this.#peek();
    const plain = escapes[character];
    if (plain === undefined && character !== "u") throw this.#unexpected("in string escape code");
    this.#at += 1;
    if (plain !== undefined) return plain;
    const start = this.#at;
    for (; this.#at < start + 4; this.#at += 1) {
      if (!/[0-9a-fA-F]/.test(this.#peek())) throw this.#unexpected("in \\u hexadecimal character escape");
    }
    return String.fromCharCode(Number.parseInt(this.#text.slice(start, this.#at), 16));
  }

  #literal<T>(word: string, value: T): T {
    for (const [index, expected] of [...word].entries()) {
      if (this.#peek() !== expected && index > 0) {
        throw this.#unexpected(`in literal ${word} (expecting ${quoted(expected)})`);
      }
      this.#at += 1;
    }
    return value;
  }

  #number(): GoNumber {
    const start = this.#at;
    if (this.#peek() === "-") this.#at += 1;
    if (this.#peek() === "0") this.#at += 1;
    else this.#digits("in numeric literal");
    if (this.#text[this.#at] === ".") {
      this.#at += 1;
      this.#digits("after decimal point in numeric literal");
    }
    if (/[eE]/.test(this.#text[this.#at] ?? "")) {
      this.#at += 1;
      if (/[-+]/.test(this.#peek())) this.#at += 1;
      this.#digits("in exponent of numeric literal");
    }
    return new GoNumber(this.#text.slice(start, this.#at));
  }

  #digits(where: string): void {
    if (!isDigit(this.#peek())) throw this.#unexpected(where);
    while (isDigit(this.#text[this.#at] ?? "")) this.#at += 1;
  }

  /** @throws JsonFault at the end of the text */
  #peek(): string {
    const character = this.#text[this.#at];
    if (character === undefined) throw new JsonFault("unexpected EOF");
    return character;
  }

  #skip(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? "")) this.#at += 1;
  }

  #unexpected(where: string): JsonFault {
    return new JsonFault(`invalid character ${quoted(this.#peek())} ${where}`);
  }
}

function isDigit(character: string): boolean {
  return character >= "0" && character <= "9" && character !== "";
}

/** As Go quotes a character; beyond ASCII it sees the first byte only. */
function quoted(character: string): string {
  if (character === "'") return "'\\''";
  if (character === '"') return "'\"'";
  const byte = Buffer.from(character, "utf8")[0] ?? 0;
  return `'${JSON.stringify(String.fromCharCode(byte)).slice(1, -1)}'`;
}
