import { type Duration, durationMs } from "@minicluster/core";
import { invalidOption } from "./error.ts";

type Kind =
  | "service"
  | "database"
  | "account"
  | "accountHost"
  | "mount"
  | "host"
  | "privilege"
  | "identifier"
  | "instance"
  | "cidr";

interface Rule {
  pattern: RegExp;
  says: string;
}

/** What a name may look like, so that it is the same name in Consul's DNS, in a Vault path and in SQL. */
const rules: Readonly<Record<Kind, Rule>> = {
  service: {
    pattern: /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/,
    says: "up to 32 lower-case letters, digits and inner hyphens, such as todo",
  },
  database: { pattern: /^[A-Za-z0-9_]{1,64}$/, says: "up to 64 letters, digits and underscores, such as todo" },
  account: { pattern: /^[A-Za-z0-9_]{1,32}$/, says: "up to 32 letters, digits and underscores, such as vaultadmin" },
  accountHost: { pattern: /^[A-Za-z0-9_.:%/-]{1,60}$/, says: "a host pattern of MySQL, such as % or 10.0.0.%" },
  mount: {
    pattern: /^[A-Za-z0-9_-]{1,64}(\/[A-Za-z0-9_-]{1,64}){0,3}$/,
    says: "a path of letters, digits, hyphens and underscores, such as mysql",
  },
  host: { pattern: /^[A-Za-z0-9_.:-]{1,253}$/, says: "a host name or an IP address" },
  privilege: { pattern: /^[A-Z]+( [A-Z]+){0,3}$/, says: "a MySQL privilege in capitals, such as SELECT" },
  identifier: {
    pattern: /^[A-Za-z0-9._~-]{16,255}$/,
    says: "16 to 255 letters, digits, dots, tildes, hyphens and underscores",
  },
  instance: { pattern: /^[A-Za-z0-9._-]{1,64}$/, says: "up to 64 letters, digits, dots, hyphens and underscores" },
  cidr: { pattern: /^[0-9A-Fa-f.:]{2,45}\/\d{1,3}$/, says: "an address range, such as 10.0.0.0/24" },
};

/**
 * The value when it follows the rule of its kind.
 *
 * @param kind the rule
 * @param setting what the operator calls it, for the error
 * @throws AdminError `ADMIN_INVALID_OPTION`; the value is not in it when the kind is `identifier`
 */
export function named(kind: Kind, setting: string, value: unknown): string {
  const { pattern, says } = rules[kind];
  if (typeof value === "string" && pattern.test(value)) return value;
  const shown = kind === "identifier" ? "the value given" : JSON.stringify(value);
  throw invalidOption(`${setting}: ${shown} is not valid; write ${says}`);
}

/** One of a list. @throws AdminError `ADMIN_INVALID_OPTION` naming all of them */
export function oneOf<T extends string>(setting: string, value: unknown, all: readonly T[]): T {
  const found = all.find((one) => one === value);
  if (found !== undefined) return found;
  throw invalidOption(`${setting}: ${JSON.stringify(value)} is not known; write ${all.join(" or ")}`);
}

/** A whole number within bounds. @throws AdminError `ADMIN_INVALID_OPTION` */
export function whole(setting: string, value: unknown, range: readonly [from: number, to: number]): number {
  const [from, to] = range;
  if (typeof value === "number" && Number.isInteger(value) && value >= from && value <= to) return value;
  throw invalidOption(`${setting}: ${JSON.stringify(value)} is not valid; write a whole number from ${from} to ${to}`);
}

/** Whole seconds, as Vault counts. @throws AdminError `ADMIN_INVALID_OPTION` below a second or with a fraction */
export function seconds(setting: string, value: Duration): number {
  const found = durationMs(value, setting) / 1_000;
  if (Number.isInteger(found) && found >= 1) return found;
  throw invalidOption(`${setting}: ${JSON.stringify(value)} is not valid; Vault counts whole seconds, from "1s"`);
}
