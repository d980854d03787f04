import { findConsul } from "./consul-binary.ts";
import { ServersError } from "./errors.ts";
import { findMariadb } from "./mariadb-binary.ts";
import type { FetchOptions } from "./progress.ts";
import { findVault } from "./vault-binary.ts";

/** A server that tests need. */
export type Leg = "mariadb" | "consul" | "vault-1.11.0" | "vault-1.14.0" | "vault-path";

const finders: Readonly<Record<Leg, (options: FetchOptions) => Promise<unknown>>> = {
  mariadb: findMariadb,
  consul: findConsul,
  "vault-1.11.0": (options) => findVault("1.11.0", options),
  "vault-1.14.0": (options) => findVault("1.14.0", options),
  "vault-path": (options) => findVault("path", options),
};

/** The reasons already said, so that each is said once. */
const said = new Set<string>();

/**
 * Whether a server can be had here; gets it where that is needed (a first Vault is built for minutes). Says the reason
 * once, on stderr, where it can't.
 *
 * @returns undefined, or the reason, which names what to install
 * @throws ServersError the reason, where MINICLUSTER_REQUIRE_LEGS is `all` or lists the leg (`all` leaves out vault-path)
 * @example
 * const missing = await requireLeg("vault-1.11.0");
 * describe.skipIf(missing)("a Vault", () => {});
 */
export async function requireLeg(leg: Leg, options: FetchOptions = {}): Promise<string | undefined> {
  try {
    await finders[leg](options);
    return undefined;
  } catch (error) {
    if (!(error instanceof ServersError) || required(leg)) throw error;
    const reason = `skipped without ${leg}: ${error.message.split("\n")[0]}`;
    if (!said.has(reason)) (options.onProgress ?? ((line) => void process.stderr.write(`${line}\n`)))(reason);
    said.add(reason);
    return reason;
  }
}

function required(leg: Leg): boolean {
  const list = (process.env.MINICLUSTER_REQUIRE_LEGS ?? "").split(/[\s,]+/);
  return list.includes(leg) || (list.includes("all") && leg !== "vault-path");
}
