import type { DevCluster, DevClusterOptions } from "@minicluster/devcluster";
import type { ClusterMysqlOptions, JoinOptions } from "@minicluster/sdk";
import { requireLeg } from "@minicluster/servers";
import { expect, it } from "vitest";
import { peerPlace } from "../peer/peer-place.ts";
import { form } from "./form.ts";
import type { Outcome } from "./outcome.ts";
import type { Place } from "./place.ts";
import { record } from "./record.ts";
import { type Held, held, type Must } from "./rules.ts";
import { peer } from "./whose.ts";
import { World } from "./world.ts";

export type DrillEngine = "real" | "embedded";

type VaultOptions = NonNullable<DevClusterOptions["vault"]>;

export interface Drill {
  /** As its file is called. */
  name: string;
  /** What fails, in a sentence. */
  what: string;
  /** Where the fault can be made. Default: on both. */
  engines?: readonly DrillEngine[] | undefined;
  /** Vault's lives, nodes and engines. Default: two nodes, leases of 5 s, at most 20 s. */
  vault?: VaultOptions | ((engine: DrillEngine) => VaultOptions) | undefined;
  /** Settings of mariadbd. */
  mysql?: Readonly<Record<string, string | number>> | undefined;
  /** Done before services start. What it returns goes over their environment. */
  prepare?: ((cluster: DevCluster) => Promise<Record<string, string> | undefined>) | undefined;
  /** Where services run. Default: beside the servers, the pool in this process. */
  place?: (() => Promise<Place>) | undefined;
  /** For the pool in this process: an injected clock, a driver. */
  join?: Omit<JoinOptions, "env"> | undefined;
  /** Options of the pool in this process. */
  pool?: Partial<ClusterMysqlOptions> | undefined;
  /** What must hold, beside what `run` says of its own with `world.check()`. */
  must: Must;
  /** The failure: it makes, names (`world.fault`) and, where it doesn't pass by itself, mends it (`world.mended`). */
  run: (world: World) => Promise<void>;
  /** Looks at what is left when every service has gone, while the servers still run. */
  afterwards?: ((world: World, left: Outcome["left"]) => Promise<void>) | undefined;
  /** The longest that all of it may take. Default 15 minutes. */
  limitMs?: number | undefined;
}

/** A drill on one engine. */
export type Staged = Omit<Drill, "vault"> & { vault: VaultOptions | undefined };

/** Who plays Consul and Vault in this run, where the drill can be done on it: MINICLUSTER_DRILL_ENGINE, else real servers. */
const asked = process.env["MINICLUSTER_DRILL_ENGINE"] as DrillEngine | undefined;

const defaultLimitMs = 15 * 60_000;

/** One failure under load, what it does to the load, and what must hold. */
export function drill(options: Drill): void {
  const {
    name,
    what,
    engines = ["real", "embedded"],
    vault,
    run,
    must,
    limitMs = defaultLimitMs,
    afterwards,
  } = options;
  const engine = asked && engines.includes(asked) ? asked : (engines[0] ?? "real");
  it(`${name}, ${engine}: ${what}`, { timeout: limitMs }, async ({ skip }) => {
    if (peer && options.place) skip("its services run where the peer can't");
    const place = peer ? async () => peerPlace : options.place;
    const staged = { ...options, place, vault: typeof vault === "function" ? vault(engine) : vault };
    const missing = await missingServers(engine, staged);
    if (missing) skip(missing);
    const world = await World.start(staged, engine);
    const failure = await perform(world, run);
    const outcome = await world.end(afterwards);
    const holds = [...held(must, outcome), ...world.checks];
    if (failure) holds.unshift({ what: "the drill runs to its end", ok: false, figure: failure.message });
    await record({ name: peer ? `${name}.peer` : name, what, engine, form, outcome, holds });
    if (peer) return;
    expect(holds.filter(({ ok }) => !ok).map(described)).toEqual([]);
    if (failure) throw failure;
  });
}

async function perform(world: World, run: Drill["run"]): Promise<Error | undefined> {
  try {
    await world.before();
    await run(world);
    await world.after();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

async function missingServers(engine: DrillEngine, { vault }: Staged): Promise<string | undefined> {
  const version = vault?.version === "1.14.0" ? "vault-1.14.0" : "vault-1.11.0";
  const needs = engine === "real" ? (["mariadb", "consul", version] as const) : (["mariadb"] as const);
  for (const server of needs) {
    const reason = await requireLeg(server);
    if (reason) return reason;
  }
  return undefined;
}

function described({ what, figure }: Held): string {
  return `${what}: ${figure}`;
}

export type { Outcome };
