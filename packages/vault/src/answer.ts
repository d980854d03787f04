import { Secret } from "@minicluster/core";
import { VaultError } from "./error.ts";

/** A JSON object, as Vault sends it. */
export type Json = Record<string, unknown>;

/** A token as a login, a renewal or `lookup-self` describes it. */
export interface TokenGrant {
  token: Secret;
  accessor: string;
  /** `Infinity` for one that never expires. */
  lifeMs: number;
  renewable: boolean;
  policies: readonly string[];
}

/** A lease as Vault granted it. */
export interface LeaseGrant {
  leaseId: string;
  lifeMs: number;
  renewable: boolean;
  data: Json;
}

/** The object that text is, or undefined: never an exception, never an array or a bare value. */
export function parseJson(text: string): Json | undefined {
  try {
    return asJson(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export function asJson(value: unknown): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** The token in the answer of a login or renewal. @throws VaultError `VAULT_BAD_ANSWER` */
export function tokenGrant(body: Json | undefined, phase: string): TokenGrant {
  const auth = asJson(body?.["auth"]);
  const seconds = auth?.["lease_duration"];
  if (!auth || !isDuration(seconds)) throw badAnswer(phase, "a token and its lease_duration");
  return {
    token: headerSecret(auth["client_token"], phase),
    accessor: text(auth["accessor"]),
    lifeMs: seconds === 0 ? Number.POSITIVE_INFINITY : seconds * 1_000,
    renewable: auth["renewable"] === true,
    policies: strings(auth["policies"]),
  };
}

/** A lease with its data. @throws VaultError `VAULT_BAD_ANSWER` */
export function leaseGrant(body: Json | undefined, phase: string): LeaseGrant {
  const leaseId = body?.["lease_id"];
  const seconds = body?.["lease_duration"];
  if (!body || typeof leaseId !== "string" || leaseId === "" || !isDuration(seconds)) {
    throw badAnswer(phase, "a lease_id and a lease_duration");
  }
  return {
    leaseId,
    lifeMs: seconds * 1_000,
    renewable: body["renewable"] === true,
    data: asJson(body["data"]) ?? {},
  };
}

/** The name and password in credentials. @throws VaultError `VAULT_BAD_ANSWER` */
export function account(data: Json | undefined, phase: string): { username: string; password: Secret } {
  const { username, password } = data ?? {};
  if (typeof username !== "string" || typeof password !== "string" || username === "" || password === "") {
    throw badAnswer(phase, "a username and a password");
  }
  return { username, password: new Secret(password) };
}

/** A token or wrapping token that can stand in a header. @throws VaultError `VAULT_BAD_ANSWER` */
export function headerSecret(value: unknown, phase: string): Secret {
  if (typeof value !== "string" || !/^[\x21-\x7e]{1,4096}$/.test(value)) throw badAnswer(phase, "a usable token");
  return new Secret(value);
}

export function badAnswer(phase: string, lacks: string): VaultError {
  return new VaultError({
    code: "VAULT_BAD_ANSWER",
    kind: "unreachable",
    message: `${phase}: the answer lacks ${lacks}`,
    mayHaveIssued: true,
  });
}

/** Whole seconds up to a hundred years. */
export function isDuration(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= 3_153_600_000;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

export function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((part) => typeof part === "string") : [];
}
