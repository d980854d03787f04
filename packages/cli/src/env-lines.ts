import { usageError } from "./error.ts";

/** How variables are written. */
export type EnvFormat = "plain" | "export" | "dotenv";

const writers: Readonly<Record<EnvFormat, (name: string, value: string) => string>> = {
  plain: (name, value) => `${name}=${value}`,
  export: exportLine,
  dotenv: dotenvLine,
};

/** One line a variable. @throws CliError `CLI_USAGE` for a value that no dotenv file can hold */
export function envLines(env: Readonly<Record<string, string>>, format: EnvFormat): string[] {
  return Object.entries(env).map(([name, value]) => writers[format](name, value));
}

/** A variable for a shell; the value in single quotes, which nothing in it can leave. */
export function exportLine(name: string, value: string): string {
  return `export ${name}='${value.replaceAll("'", `'\\''`)}'`;
}

/** A variable for `node --env-file` and its like. Within ' and ` nothing has a meaning; within " a \n has. */
function dotenvLine(name: string, value: string): string {
  const quote = ["'", "`"].find((each) => !value.includes(each)) ?? (/["\\]/.test(value) ? undefined : '"');
  if (quote === undefined) throw usageError(`--dotenv: the value of ${name} can't be quoted there; use --export`);
  return `${name}=${quote}${value}${quote}`;
}
