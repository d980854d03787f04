import { type ErrorKind, MiniclusterError } from "@minicluster/core";

/** Every code of a {@link DiscoveryError}. The README explains each. */
export type DiscoveryErrorCode =
  | "SERVICE_UNKNOWN"
  | "NO_USABLE_INSTANCE"
  | "NODE_UNKNOWN"
  | "CONSUL_UNREACHABLE"
  | "CONSUL_REFUSED"
  | "CONSUL_GARBAGE"
  | "DNS_UNREACHABLE"
  | "INVALID_OPTION"
  | "INVALID_ENVIRONMENT"
  | "UNSUPPORTED"
  | "CLOSED";

/** What each means for a caller. */
const kinds: Readonly<Record<DiscoveryErrorCode, ErrorKind>> = {
  SERVICE_UNKNOWN: "unreachable",
  NO_USABLE_INSTANCE: "unreachable",
  NODE_UNKNOWN: "unreachable",
  CONSUL_UNREACHABLE: "unreachable",
  CONSUL_REFUSED: "refused",
  CONSUL_GARBAGE: "unreachable",
  DNS_UNREACHABLE: "unreachable",
  INVALID_OPTION: "invalid",
  INVALID_ENVIRONMENT: "invalid",
  UNSUPPORTED: "invalid",
  CLOSED: "invalid",
};

/** What this package throws. `code` says which failure, `kind` whether trying again can help. */
export class DiscoveryError extends MiniclusterError {
  constructor(code: DiscoveryErrorCode, message: string, cause?: unknown) {
    super({ code, kind: kinds[code], message, cause });
  }
}

export function invalidOption(message: string): DiscoveryError {
  return new DiscoveryError("INVALID_OPTION", message);
}
