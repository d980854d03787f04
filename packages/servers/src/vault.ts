import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { durationMs, withDeadline } from "@minicluster/core";
import { ChildServer, type ChildServerOptions } from "./child-server.ts";
import type { Consul } from "./consul.ts";
import { type HttpAnswer, http } from "./http.ts";
import { withPlace } from "./port-conflict.ts";
import type { ServerHandle } from "./server-handle.ts";
import type { StartOptions } from "./start-options.ts";
import { findVault, type VaultVersion } from "./vault-binary.ts";
import { type VaultStorage, vaultConfiguration } from "./vault-configuration.ts";

export interface StartVaultOptions extends StartOptions {
  /** Default "1.11.0". `"path"`: whatever `vault` is on PATH. */
  version?: VaultVersion | undefined;
  /** Default "inmem". Nodes that share a Consul are one cluster: one leads, the others stand by. */
  storage?: VaultStorage | undefined;
  /** The Consul agent in which it registers as service `vault`. Default: the one it stores in, if any. */
  registration?: Consul | undefined;
  /** More of the server's configuration file, over ours. */
  configuration?: Readonly<Record<string, unknown>> | undefined;
}

/** `down`: no answer within a second. */
export type VaultStatus = "active" | "standby" | "sealed" | "uninitialised" | "down";

export interface Vault extends ServerHandle {
  readonly version: string;
  /** Base URL of its HTTP API. */
  readonly address: string;
  /** What it says about itself now. Never rejects. */
  status(): Promise<VaultStatus>;
}

/** `sys/health` of Vault's API manual; the other codes are of editions that can't be had here. */
const statusByCode: Readonly<Record<number, VaultStatus>> = {
  200: "active",
  429: "standby",
  473: "standby",
  501: "uninitialised",
  503: "sealed",
};

class VaultServer extends ChildServer implements Vault {
  readonly version: string;
  readonly address: string;

  constructor(options: ChildServerOptions & { version: string; address: string }) {
    // Any answer will do: a Vault that is sealed, or not initialised yet, has started.
    super({ ...options, probe: (signal) => http({ url: `${options.address}/v1/sys/health`, signal }) });
    this.version = options.version;
    this.address = options.address;
  }

  async status(): Promise<VaultStatus> {
    const ask = (signal: AbortSignal): Promise<HttpAnswer> => http({ url: `${this.address}/v1/sys/health`, signal });
    const { clock } = this;
    const answer = await withDeadline({ clock, ms: 1_000, phase: "asking for its health" }, ask).catch(() => undefined);
    return (answer && statusByCode[answer.status]) ?? "down";
  }
}

/**
 * A private Vault on 127.0.0.1; ready once it answers: not initialised at first, sealed after each restart.
 *
 * @throws ServersError `BINARY_MISSING`, `FETCH_FAILED`, `START_FAILED`, `NOT_READY`; the reason of `signal`
 * @example
 * await using first = await startVault({ storage: consul, name: "vault1" });
 * await using second = await startVault({ storage: consul, name: "vault2" });
 */
export async function startVault(options: StartVaultOptions = {}): Promise<Vault> {
  const { name = "vault", version = "1.11.0", storage = "inmem", clock, signal } = options;
  const readyTimeoutMs = durationMs(options.readyTimeout ?? "30s", "readyTimeout");
  const stopTimeoutMs = durationMs(options.stopTimeout ?? "10s", "stopTimeout");
  const binary = await findVault(version, options);
  return await withPlace(name, async (place) => {
    const [port, clusterPort] = [await place.port(), await place.port()];
    const directory = join(place.directory, "data");
    const file = join(place.directory, "vault.json");
    const { registration } = options;
    const configuration = vaultConfiguration({ storage, directory, port, clusterPort, registration });
    await writeFile(file, JSON.stringify({ ...configuration, ...options.configuration }), { mode: 0o600 });
    const vault = new VaultServer({
      name,
      title: `Vault ${binary.version}`,
      place,
      command: binary.path,
      args: ["server", `-config=${file}`],
      env: binary.env,
      readyTimeoutMs,
      stopTimeoutMs,
      clock,
      version: binary.version,
      address: `http://127.0.0.1:${port}`,
    });
    await vault.start(signal);
    return vault;
  });
}
