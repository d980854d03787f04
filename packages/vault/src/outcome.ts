import type { ErrorKind } from "@minicluster/core";
import type { VaultErrorCode } from "./error.ts";

/** What a request was for; the same status means different things to each. */
export type Purpose = "plain" | "login" | "lease" | "credentials" | "wrapping" | "cas";

/** What an answer means. `mayHaveIssued`: the request may have taken effect all the same. */
export interface Outcome {
  code: VaultErrorCode;
  kind: ErrorKind;
  mayHaveIssued: boolean;
  /** What to do, for the message. */
  advice?: string;
}

interface Row extends Outcome {
  status: number | readonly [from: number, to: number];
  purpose?: Purpose;
  says?: RegExp;
}

const noActive = /local node not active|active cluster node not found|no active/i;
const noDatabase = /dial (tcp|unix)|driver: bad connection/i;
const goneLease = /lease (not found|expired)|invalid lease|not renewable|lease is not|no lease|expired/i;

/** Vault 1.14 answers 500 where others answer 400; from the sixth time on 403, its user lockout (`sys/auth/NAME/tune`). */
const refusedLogin = /invalid (secret|role)[ _-]?id|invalid role/i;

const unknownRole = /unknown (static )?role|role .*not found/i;
const usedWrapping = "a wrapping token works once: it was used before, perhaps by somebody else, or has expired";

/**
 * HTTP status, purpose and what the errors say -> meaning; the first row that fits.
 * Sources: Vault's API manual ("HTTP status codes", `sys/health`), and the answers of 1.11.0 and 1.14.0.
 */
// biome-ignore format: a table reads as one
const rows: readonly Row[] = [
  { status: 400, purpose: "login", code: "VAULT_LOGIN_REFUSED", kind: "refused", mayHaveIssued: false },
  { status: 403, purpose: "login", code: "VAULT_LOGIN_REFUSED", kind: "refused", mayHaveIssued: false },
  { status: 500, purpose: "login", says: refusedLogin, code: "VAULT_LOGIN_REFUSED", kind: "refused", mayHaveIssued: false },
  { status: 404, purpose: "login", code: "VAULT_LOGIN_REFUSED", kind: "refused", mayHaveIssued: false, advice: "no auth method is enabled at this mount" },
  { status: 400, purpose: "wrapping", code: "VAULT_WRAPPING_GONE", kind: "refused", mayHaveIssued: false, advice: usedWrapping },
  { status: 403, purpose: "wrapping", code: "VAULT_WRAPPING_GONE", kind: "refused", mayHaveIssued: false, advice: usedWrapping },
  { status: 400, purpose: "lease", says: goneLease, code: "VAULT_LEASE_GONE", kind: "refused", mayHaveIssued: false },
  { status: 404, purpose: "lease", code: "VAULT_LEASE_GONE", kind: "refused", mayHaveIssued: false },
  { status: 400, purpose: "credentials", says: unknownRole, code: "VAULT_NOT_FOUND", kind: "invalid", mayHaveIssued: false, advice: "is the role written, and is this its mount?" },
  { status: 404, purpose: "credentials", code: "VAULT_NOT_FOUND", kind: "invalid", mayHaveIssued: false, advice: "is the secrets engine enabled at this mount, and the role written?" },
  { status: 400, purpose: "cas", says: /check-and-set/i, code: "VAULT_CAS_MISMATCH", kind: "refused", mayHaveIssued: false },
  { status: 400, code: "VAULT_REFUSED", kind: "refused", mayHaveIssued: false },
  { status: [401, 403], code: "VAULT_DENIED", kind: "refused", mayHaveIssued: false },
  { status: 404, code: "VAULT_NOT_FOUND", kind: "invalid", mayHaveIssued: false },
  { status: 405, code: "VAULT_REFUSED", kind: "invalid", mayHaveIssued: false },
  { status: 412, code: "VAULT_STANDBY", kind: "unreachable", mayHaveIssued: false },
  { status: 429, code: "VAULT_BUSY", kind: "unreachable", mayHaveIssued: false },
  { status: [472, 473], code: "VAULT_STANDBY", kind: "unreachable", mayHaveIssued: false },
  { status: [400, 499], code: "VAULT_REFUSED", kind: "refused", mayHaveIssued: false },
  { status: 501, code: "VAULT_UNINITIALIZED", kind: "unreachable", mayHaveIssued: false, advice: "run vault operator init" },
  { status: 503, says: /seal/i, code: "VAULT_SEALED", kind: "unreachable", mayHaveIssued: false, advice: "unseal it" },
  { status: 503, code: "VAULT_STANDBY", kind: "unreachable", mayHaveIssued: false },
  { status: 500, says: /sealed/i, code: "VAULT_SEALED", kind: "unreachable", mayHaveIssued: false, advice: "unseal it" },
  { status: 500, says: noActive, code: "VAULT_STANDBY", kind: "unreachable", mayHaveIssued: false },
  { status: 500, purpose: "credentials", says: noDatabase, code: "VAULT_FAILED", kind: "unreachable", mayHaveIssued: false, advice: "Vault can't reach the database" },
  { status: [500, 599], code: "VAULT_FAILED", kind: "unreachable", mayHaveIssued: true },
  { status: [300, 399], code: "VAULT_REDIRECT_REFUSED", kind: "unreachable", mayHaveIssued: false },
];

/** What is neither success nor in the table. */
const unknown: Outcome = { code: "VAULT_BAD_ANSWER", kind: "unreachable", mayHaveIssued: true };

/** The meaning of an answer that is not a success. */
export function outcomeOf(status: number, purpose: Purpose, says: string): Outcome {
  return (
    rows.find(
      (row) =>
        within(status, row.status) &&
        (row.purpose === undefined || row.purpose === purpose) &&
        (row.says === undefined || row.says.test(says)),
    ) ?? unknown
  );
}

function within(status: number, range: Row["status"]): boolean {
  return typeof range === "number" ? status === range : status >= range[0] && status <= range[1];
}
