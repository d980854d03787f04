import { literal } from "./literal.ts";

/** What a line of SHOW GRANTS gives, and on what. */
export interface Grant {
  /** As MySQL names them, in capitals; a role's name for `role`. */
  privileges: readonly string[];
  level: "server" | "database" | "table" | "routine" | "role" | "proxy";
  /** A pattern, as GRANT takes it; undefined for a server's, a role's and a proxy's. */
  database: string | undefined;
  /** The table or the routine. */
  object: string | undefined;
}

const name = '(\\*|`(?:[^`]|``)*`|"(?:[^"]|"")*"|[^\\s.`"*]+)';
const onSomething = new RegExp(
  `^GRANT (.+?) ON (?:(TABLE|PROCEDURE|FUNCTION|PACKAGE|PACKAGE BODY) )?${name}\\.${name} TO `,
  "s",
);

/**
 * A line of SHOW GRANTS (MySQL manual, "SHOW GRANTS Statement"); undefined for one that grants nothing, as `SET DEFAULT
 * ROLE` does. The rest of a line may hold the hash of a password, so no part of it is kept.
 */
export function grantIn(line: string): Grant | undefined {
  if (/^GRANT PROXY ON /.test(line)) return grant({ privileges: ["PROXY"], level: "proxy" });
  const [, privileges, kind, database, object] = onSomething.exec(line) ?? [];
  if (privileges !== undefined && database !== undefined && object !== undefined) {
    const words = listed(privileges);
    if (database === "*") return grant({ privileges: words, level: "server" });
    const level = kind !== undefined && kind !== "TABLE" ? "routine" : object === "*" ? "database" : "table";
    return {
      privileges: words,
      level,
      database: unquoted(database),
      object: object === "*" ? undefined : unquoted(object),
    };
  }
  const [, roles] = /^GRANT (.+?) TO /s.exec(line) ?? [];
  return roles === undefined ? undefined : grant({ privileges: [roles], level: "role" });
}

/** Whether a pattern of GRANT means this database: `%` and `_` are wildcards there unless after a backslash. */
export function covers(pattern: string, database: string): boolean {
  let expression = "";
  for (let at = 0; at < pattern.length; at += 1) {
    const letter = pattern[at] ?? "";
    const next = pattern[at + 1];
    if (letter === "\\" && next !== undefined && "_%\\".includes(next)) {
      expression += literal(next);
      at += 1;
    } else expression += letter === "%" ? ".*" : letter === "_" ? "." : literal(letter);
  }
  return new RegExp(`^${expression}$`, "su").test(database);
}

function grant(parts: Pick<Grant, "privileges" | "level">): Grant {
  return { ...parts, database: undefined, object: undefined };
}

/** `SELECT (a, b), INSERT` -> `SELECT`, `INSERT`: a list of columns belongs to the word before it. */
function listed(privileges: string): string[] {
  return privileges.replace(/ ?\([^)]*\)/g, "").split(/, ?/);
}

function unquoted(text: string): string {
  const quote = text[0];
  if (quote !== "`" && quote !== '"') return text;
  return text.slice(1, -1).replaceAll(quote + quote, quote);
}
