import { VaultFailure } from "./failure.ts";
import type { HttpReply } from "./http-call.ts";
import { wholeSeconds } from "./vault-duration.ts";
import type { VaultNode } from "./vault-node.ts";
import { vaultBuild } from "./version.ts";

/** The status for each state, and the query that says another one (Vault's manual, "/sys/health"). */
const codes = {
  uninitialised: ["uninitcode", 501],
  sealed: ["sealedcode", 503],
  standby: ["standbycode", 429],
  active: ["activecode", 200],
} as const;

/** Asked for as well, of states that this Vault is never in. */
const others = ["drsecondarycode", "performancestandbycode"] as const;

/** @throws VaultFailure 400 for a query that makes no sense */
export function health(node: VaultNode, query: URLSearchParams): HttpReply {
  const { sealed, cluster, options } = node;
  const initialized = options.storage.seal !== undefined;
  const standby = node.active === undefined;
  const standbyOk = flag(query, "standbyok");
  flag(query, "perfstandbyok");
  for (const name of others) code(query, name, 0);
  const given = Object.fromEntries(
    Object.entries(codes).map(([state, [name, usual]]) => [state, code(query, name, usual)]),
  ) as Record<keyof typeof codes, number>;
  const state = !initialized ? "uninitialised" : sealed ? "sealed" : standby && !standbyOk ? "standby" : "active";
  return {
    status: given[state],
    body: {
      initialized,
      sealed,
      standby,
      performance_standby: false,
      replication_performance_mode: sealed ? "unknown" : "disabled",
      replication_dr_mode: sealed ? "unknown" : "disabled",
      server_time_utc: wholeSeconds(options.clock.now()),
      version: vaultBuild.version,
      ...(!sealed && cluster && { cluster_name: cluster.name, cluster_id: cluster.id }),
    },
  };
}

function flag(query: URLSearchParams, name: string): boolean {
  const value = query.get(name);
  if (value === null || value === "") return value === "";
  if (/^(1|t|true)$/i.test(value)) return true;
  if (/^(0|f|false)$/i.test(value)) return false;
  throw new VaultFailure(400);
}

function code(query: URLSearchParams, name: string, usual: number): number {
  const value = query.get(name);
  if (value === null) return usual;
  const number = Number(value);
  if (!/^\d{3}$/.test(value) || number < 200) throw new VaultFailure(400);
  return number;
}
