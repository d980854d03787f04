import { readFileSync } from "node:fs";
import { type Duration, durationMs } from "@minicluster/core";
import { type ConsulOptions, consul, consulOptionsFromEnv, Discovery } from "@minicluster/discovery";
import { VaultClient, type VaultEnvironment, vaultOptionsFromEnv } from "@minicluster/vault";
import { AdminError, invalidOption } from "./error.ts";
import { hostAndPort } from "./host-and-port.ts";
import type { MysqlAdmin } from "./mysql-admin.ts";
import { type MysqlEnvironment, mysqlFromEnv } from "./operator-mysql.ts";
import { instancesOf } from "./service-status.ts";

export interface OperatorOptions {
  /** Default `process.env`. */
  env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Base URLs of Vault's nodes, before what VAULT_ADDR or Consul say. */
  vaults?: readonly string[] | undefined;
  /** MySQL's address, before what the environment or Consul say: `host:port`. */
  mysql?: string | undefined;
  /** Each look-up in Consul. Default 5 s. */
  timeout?: Duration | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Where an operator's commands find the cluster, and what they may do there: VAULT_ADDR, VAULT_TOKEN, VAULT_CACERT,
 * VAULT_NAMESPACE, CONSUL_HTTP_ADDR and the like, and MYSQL_ADMIN_URL, or MYSQL_ADMIN_USER and MYSQL_ADMIN_PASSWORD.
 * What isn't named is looked up in Consul: the services `vault` and `mysql`.
 *
 * Everything throws AdminError `ADMIN_INVALID_OPTION` that names the variable and what to set, and `ADMIN_NOT_FOUND`
 * where Consul can't tell either.
 *
 * @example const operator = new Operator(); await using vault = await operator.vault();
 */
export class Operator {
  readonly #options: OperatorOptions;
  readonly #env: Readonly<Record<string, string | undefined>>;

  constructor(options: OperatorOptions = {}) {
    this.#options = options;
    this.#env = options.env ?? process.env;
  }

  get consul(): ConsulOptions {
    return asOurs(() => consulOptionsFromEnv(this.#env, (path) => readFileSync(path, "utf8")));
  }

  /** PEM of the authority that signed Vault's certificates; undefined for the machine's own. */
  get vaultCa(): string | undefined {
    return this.#vaultSettings().ca;
  }

  /** Base URLs of Vault's nodes that were named; undefined when they are Consul's to tell. */
  get namedVaults(): readonly string[] | undefined {
    const { vaults } = this.#options;
    if (vaults && vaults.length > 0) return vaults.map(vaultAddress);
    const { address } = this.#vaultSettings();
    return address === undefined ? undefined : [address];
  }

  /** Base URLs of Vault's nodes. */
  async vaultAddresses(): Promise<readonly string[]> {
    const named = this.namedVaults;
    if (named) return named;
    const scheme = this.vaultCa ? "https" : "http";
    const nodes = await this.#lookUp("vault", "set VAULT_ADDR, or name the nodes with --vault URL");
    return nodes.map((node) => `${scheme}://${node}`);
  }

  /** A client with the operator's token, to be closed by the caller. */
  async vault(): Promise<VaultClient> {
    const token = this.#env["VAULT_TOKEN"];
    if (!token) throw invalidOption("VAULT_TOKEN: not set; set it to a token that may do this, such as the root token");
    if (!/^[\x21-\x7e]{1,4096}$/.test(token))
      throw invalidOption("VAULT_TOKEN: no token looks like it; set it to the token alone");
    const { ca, namespace } = this.#vaultSettings();
    const address = await this.vaultAddresses();
    return asOurs(() => new VaultClient({ address, token, ca, namespace }));
  }

  /** MySQL with its administrator. */
  async mysql(): Promise<MysqlAdmin> {
    const found: MysqlEnvironment = mysqlFromEnv(this.#env, this.#options.mysql);
    if (found.host !== undefined) return { ...found, host: found.host };
    const advice = "set MYSQL_ADMIN_URL, or name its address with --mysql HOST:PORT";
    const [first] = await this.#lookUp("mysql", advice);
    return { ...found, ...(hostAndPort(first ?? "") ?? { host: first ?? "" }) };
  }

  #vaultSettings(): Pick<VaultEnvironment, "address" | "ca" | "namespace"> {
    const { VAULT_ADDR, VAULT_CACERT, VAULT_NAMESPACE } = this.#env;
    // How a service logs in is none of an operator's business: any token will do to read the rest.
    const env = { VAULT_ADDR, VAULT_CACERT, VAULT_NAMESPACE, VAULT_TOKEN: "none" };
    return asOurs(() => vaultOptionsFromEnv(env));
  }

  async #lookUp(service: string, advice: string): Promise<string[]> {
    const { signal } = this.#options;
    const timeoutMs = durationMs(this.#options.timeout ?? "5s", "timeout");
    const source = consul({ ...this.consul, timeout: timeoutMs });
    await using discovery = new Discovery({ source });
    let why = `Consul knows no service ${service}`;
    try {
      const found = await instancesOf({ discovery, service, timeoutMs, signal });
      if (found.length > 0) {
        return found.map(({ address, port }) => `${address.includes(":") ? `[${address}]` : address}:${port}`);
      }
    } catch (error) {
      signal?.throwIfAborted();
      why = error instanceof Error ? error.message : String(error);
    }
    throw new AdminError({ code: "ADMIN_NOT_FOUND", kind: "unreachable", message: `${service}: ${why}; ${advice}` });
  }
}

function vaultAddress(address: string): string {
  try {
    return vaultOptionsFromEnv({ VAULT_ADDR: address, VAULT_TOKEN: "none" }).address ?? address;
  } catch {
    throw invalidOption('vault: not a URL of scheme, host and port; write it like "https://10.0.0.2:8200"');
  }
}

/** What the libraries below find wrong with a setting, as ours. */
function asOurs<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof Error ? invalidOption(error.message) : error;
  }
}
