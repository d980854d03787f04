import { InvalidArgumentError, Option } from "commander";

/** Parsers of option values, for commander. */

/** An option that may be given more than once. */
export function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

export function wholeNumber(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError("write a whole number.");
  return Number(value);
}

/** How services log in. */
export function authOption(description: string): Option {
  return new Option("--auth <method>", description).choices(["app-id", "approle"]);
}

/** Vault's engine that makes accounts. */
export function engineOption(): Option {
  const description = "Vault's engine (default: mysql with app-id, database with approle)";
  return new Option("--engine <type>", description).choices(["mysql", "database"]);
}
