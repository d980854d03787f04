/** A value of HCL: a block is an object whose labels are keys, and a key that stands twice has its values in a list. */
export type HclValue = string | number | boolean | null | HclValue[] | HclObject;
export interface HclObject {
  readonly items: readonly HclItem[];
}
export interface HclItem {
  /** `path "secret/*" {` has two. */
  readonly keys: readonly string[];
  readonly value: HclValue;
  readonly line: number;
}

/** Text that is not HCL; says where. */
export class HclError extends SyntaxError {}

interface Token {
  kind: "word" | "string" | "number" | "sign" | "end";
  text: string;
  line: number;
  column: number;
}

const heredoc = /<<(-?)([A-Za-z_][\w.-]*)\r?\n([\s\S]*?)\r?\n?^[ \t]*\2(?=\r?$)/my;
const lexemes: readonly (readonly [kind: Token["kind"] | "space", pattern: RegExp])[] = [
  ["space", /(?:[ \t\r\n\uFEFF]+|#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?\*\/)+/y],
  ["string", /"(?:[^"\\\n]|\\.)*"/y],
  ["number", /-?(?:0x[0-9a-f]+|\d+(?:\.\d+)?(?:e[-+]?\d+)?)(?![\w.])/iy],
  ["word", /[A-Za-z_][\w.-]*/y],
  ["sign", /[{}[\]=,:]/y],
];
/** Deeper than any policy, and far above the end of the stack. */
const deepest = 100;

/**
 * The part of HCL 1 that policies are written in (a JSON object is part of it): blocks with labels, `key = value`, strings,
 * numbers, booleans, lists, objects, heredocs, comments.
 *
 * @throws HclError
 * @example parseHcl('path "secret/*" { capabilities = ["read"] }')
 */
export function parseHcl(text: string): HclObject {
  const tokens = tokensOf(text);
  let at = 0;
  const peek = (): Token => tokens[at] ?? { kind: "end", text: "", line: 0, column: 0 };
  const isSign = (sign: string): boolean => peek().kind === "sign" && peek().text === sign;
  const take = (sign: string): boolean => {
    if (!isSign(sign)) return false;
    at += 1;
    return true;
  };

  function items(close: string | undefined, depth: number): HclItem[] {
    const found: HclItem[] = [];
    for (;;) {
      if (close !== undefined && take(close)) return found;
      if (peek().kind === "end") {
        if (close === undefined) return found;
        throw wrong(peek(), `object expected closing ${close} got: EOF`);
      }
      found.push(item(depth));
      // Objects may have commas between their members, as in JSON.
      if (close !== undefined) take(",");
    }
  }

  function item(depth: number): HclItem {
    const first = peek();
    const keys: string[] = [];
    while (peek().kind === "word" || peek().kind === "string") {
      keys.push(textOf(peek()));
      at += 1;
    }
    if (keys.length === 0) throw wrong(first, `key expected, got: ${shown(first)}`);
    if (keys.length === 1 && (take("=") || take(":"))) return { keys, value: value(depth), line: first.line };
    if (isSign("{")) return { keys, value: value(depth), line: first.line };
    throw wrong(peek(), `key '${keys.join(" ")}' expected start of object ('{') or assignment ('=')`);
  }

  function value(depth: number): HclValue {
    const token = peek();
    if (depth > deepest) throw wrong(token, "nested too deeply");
    at += 1;
    if (token.kind === "string") return textOf(token);
    if (token.kind === "number") return Number(token.text);
    if (token.kind === "word" && (token.text === "true" || token.text === "false")) return token.text === "true";
    if (token.kind === "word" && token.text === "null") return null;
    if (token.kind === "sign" && token.text === "{") return { items: items("}", depth + 1) };
    if (token.kind === "sign" && token.text === "[") return list(depth + 1);
    throw wrong(token, `Unknown token: ${shown(token)}`);
  }

  function list(depth: number): HclValue[] {
    const found: HclValue[] = [];
    while (!take("]")) {
      found.push(value(depth));
      if (!take(",") && !isSign("]")) {
        throw wrong(peek(), `error parsing list, expected comma or list end, got: ${shown(peek())}`);
      }
    }
    return found;
  }

  if (isSign("{")) {
    // The whole of it is one object: JSON.
    const whole = value(0) as HclObject;
    if (peek().kind !== "end") throw wrong(peek(), `unexpected ${shown(peek())} after the object`);
    return whole;
  }
  return { items: items(undefined, 0) };
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let [offset, line, start] = [0, 1, 0];
  while (offset < text.length) {
    const token = lexemeAt(text, offset);
    const here = { line, column: offset - start + 1 };
    if (!token) throw wrong({ kind: "sign", text: text.charAt(offset), ...here }, "illegal character");
    if (token.kind !== "space") tokens.push({ kind: token.kind, text: token.text, ...here });
    for (
      let next = text.indexOf("\n", offset);
      next >= 0 && next < offset + token.length;
      next = text.indexOf("\n", next + 1)
    ) {
      line += 1;
      start = next + 1;
    }
    offset += token.length;
  }
  tokens.push({ kind: "end", text: "", line, column: offset - start + 1 });
  return tokens;
}

function lexemeAt(
  text: string,
  offset: number,
): { kind: Token["kind"] | "space"; text: string; length: number } | undefined {
  heredoc.lastIndex = offset;
  const block = heredoc.exec(text);
  if (block) return { kind: "string", text: JSON.stringify(`${block[3] ?? ""}\n`), length: block[0].length };
  for (const [kind, pattern] of lexemes) {
    pattern.lastIndex = offset;
    const found = pattern.exec(text)?.[0];
    if (found) return { kind, text: found, length: found.length };
  }
  return undefined;
}

function textOf(token: Token): string {
  if (token.kind !== "string") return token.text;
  try {
    return JSON.parse(token.text) as string;
  } catch {
    throw wrong(token, "illegal escape or control character in a string");
  }
}

function shown({ kind, text }: Token): string {
  return kind === "end" ? "EOF" : text.slice(0, 40);
}

function wrong({ line, column }: Token, says: string): HclError {
  return new HclError(`At ${line}:${column}: ${says}`);
}
