import { MiniclusterError } from "@minicluster/core";
import { VaultError } from "./error.ts";
import type { VaultRequest } from "./request.ts";

/** A request under way. */
export interface Flight {
  request: VaultRequest;
  /** For messages. */
  phase: string;
  /** Encoded. */
  path: string;
  /** It went out to some node: its outcome is not known until an answer comes. */
  sent: boolean;
  /** The node it is at. */
  address: string | undefined;
}

export function isTimeout(error: unknown): boolean {
  return error instanceof MiniclusterError && error.code === "TIMED_OUT";
}

/** The deadline passed. */
export function late(flight: Flight, ms: number): VaultError {
  return new VaultError({
    code: "VAULT_UNREACHABLE",
    kind: "unreachable",
    message: `${flight.phase}: ${flight.address ?? "Vault"}: no answer within ${ms} ms`,
    path: flight.request.path,
    mayHaveIssued: flight.sent,
  });
}

/** Its node fell silent, and another one leads. */
export function silent(flight: Flight, address: string, active: string): VaultError {
  return new VaultError({
    code: "VAULT_UNREACHABLE",
    kind: "unreachable",
    message: `${flight.phase}: ${address} fell silent, ${active} is the active node`,
    path: flight.request.path,
    mayHaveIssued: flight.sent,
  });
}

export function noAddress(phase: string): VaultError {
  return new VaultError({
    code: "VAULT_UNREACHABLE",
    kind: "unreachable",
    message: `${phase}: no address of Vault is known: set VAULT_ADDR, or register the service vault in Consul`,
  });
}
