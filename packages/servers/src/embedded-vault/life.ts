import { VaultFailure } from "./failure.ts";

export interface LifeRequest {
  /** Of the mount. */
  mount: { defaultTtlMs: number; maxTtlMs: number };
  nowMs: number;
  /** When it was issued; a max TTL counts from here. */
  issuedMs: number;
  /** Asked for by the client; 0: nothing. */
  incrementMs?: number | undefined;
  /** What the engine says; 0: nothing. */
  ttlMs: number;
  maxTtlMs: number;
  periodMs?: number | undefined;
  explicitMaxTtlMs?: number | undefined;
}

export interface Life {
  ttlMs: number;
  warnings: string[];
}

/** How long something may live from now on: the rules of Vault's manual, "Lease, renew, and revoke" and "Tokens". */
export function lifeOf(request: LifeRequest): Life {
  const { mount, nowMs, issuedMs, incrementMs = 0, ttlMs, maxTtlMs, periodMs = 0, explicitMaxTtlMs = 0 } = request;
  const limits = [mount.maxTtlMs, maxTtlMs, explicitMaxTtlMs].filter((limit) => limit > 0);
  const warnings: string[] = [];
  const longest = periodMs > 0 ? explicitMaxTtlMs : Math.min(...limits);
  let wanted = incrementMs > 0 ? incrementMs : ttlMs > 0 ? ttlMs : mount.defaultTtlMs;
  if (periodMs > 0) {
    wanted = Math.min(periodMs, mount.maxTtlMs);
    if (periodMs > mount.maxTtlMs) {
      warnings.push(
        `Period of ${goSeconds(periodMs)} exceeded the effective max_ttl of ${goSeconds(mount.maxTtlMs)}; Period value is capped accordingly`,
      );
    }
  }
  if (longest === 0) return { ttlMs: wanted, warnings };
  const left = issuedMs + longest - nowMs;
  if (left < 0) throw new VaultFailure(400, "past the max TTL, cannot renew");
  if (wanted <= left) return { ttlMs: wanted, warnings };
  if (incrementMs > 0 || ttlMs > 0 || wanted - left > 1_000) {
    warnings.push(
      `TTL of ${goQuoted(wanted)} exceeded the effective max_ttl of ${goQuoted(left)}; TTL value is capped accordingly`,
    );
  }
  return { ttlMs: left, warnings };
}

function goQuoted(ms: number): string {
  return JSON.stringify(goSeconds(ms));
}

/** As Vault prints a duration in a warning, in whole seconds: `1h30m`, `10s`. */
function goSeconds(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const parts = [Math.floor(seconds / 3_600), Math.floor((seconds % 3_600) / 60), seconds % 60];
  return parts.map((part, at) => (part === 0 ? "" : `${part}${"hms"[at] ?? ""}`)).join("") || "0s";
}
