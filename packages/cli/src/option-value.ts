import { InvalidArgumentError } from "commander";

/** Parsers of option values, for commander. */

/** An option that may be given more than once. */
export function collect(value: string, before: string[] | undefined): string[] {
  return [...(before ?? []), value];
}

export function wholeNumber(value: string): number {
  if (!/^\d{1,9}$/.test(value)) throw new InvalidArgumentError("write a whole number.");
  return Number(value);
}
