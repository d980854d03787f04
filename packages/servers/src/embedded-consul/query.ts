/**
 * The parameters behind the question mark, as Go reads them: `&` and `;` separate, `+` is a space.
 * A parameter without a value is there, with "".
 */
export class Query {
  readonly #values = new Map<string, string[]>();

  /** @throws URIError when an escape is malformed, or not UTF-8 */
  constructor(text: string) {
    for (const pair of text.split(/[&;]/)) {
      if (pair === "") continue;
      const [, key = "", value = ""] = /^([^=]*)(?:=(.*))?$/s.exec(pair) ?? [];
      const name = unescaped(key);
      const values = this.#values.get(name) ?? [];
      values.push(unescaped(value));
      this.#values.set(name, values);
    }
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The first value, or "". */
  get(name: string): string {
    return this.#values.get(name)?.[0] ?? "";
  }

  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  names(): string[] {
    return [...this.#values.keys()];
  }
}

function unescaped(text: string): string {
  return decodeURIComponent(text.replaceAll("+", " "));
}
