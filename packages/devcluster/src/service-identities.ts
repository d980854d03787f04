import { type ConfigureClusterResult, provisionService } from "@minicluster/admin";
import type { DevVault } from "./dev-vault.ts";
import { DevClusterError } from "./errors.ts";
import type { VaultSettings } from "./options.ts";

export interface ServiceIdentitiesOptions {
  vault: DevVault;
  settings: VaultSettings;
  /** By service. */
  configured: ReadonlyMap<string, ConfigureClusterResult>;
  /** What every instance of every service gets as well. */
  common: Readonly<Record<string, string>>;
}

type Login = Readonly<Record<string, string>>;

/** How many logins of a service wait to be used, so that instances can be started while Vault is away. */
const spareLogins = 2;

/** Gives each instance a login of its own. */
export class ServiceIdentities {
  readonly #options: ServiceIdentitiesOptions;
  readonly #spares = new Map<string, Login[]>();
  #refill: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: ServiceIdentitiesOptions) {
    this.#options = options;
  }

  /** Makes the first spares. */
  async prepare(): Promise<void> {
    for (const service of this.#options.configured.keys()) await this.#fill(service);
  }

  /** The environment of a new instance. @throws DevClusterError `DEVCLUSTER_NO_SUCH_SERVICE`; AdminError while Vault is away and no spare is left */
  async next(service: string): Promise<Record<string, string>> {
    const found = this.#options.configured.get(service);
    if (!found) {
      const known = [...this.#options.configured.keys()].join(", ");
      throw new DevClusterError("DEVCLUSTER_NO_SUCH_SERVICE", `${service}: not among the services (${known})`);
    }
    const login = this.#spares.get(service)?.shift() ?? (await this.#provision(service));
    // The next ones; a Vault that is away now is asked again next time.
    this.#refill = this.#refill.then(() => this.#fill(service)).catch(() => {});
    return {
      ...this.#options.common,
      ...login,
      MYSQL_CREDENTIALS: found.credentials,
      MYSQL_DATABASE: found.database,
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#refill;
  }

  async #fill(service: string): Promise<void> {
    const spares = this.#spares.get(service) ?? [];
    this.#spares.set(service, spares);
    while (spares.length < spareLogins && !this.#closed) spares.push(await this.#provision(service));
  }

  async #provision(service: string): Promise<Login> {
    const { vault, settings } = this.#options;
    await using client = await vault.operator();
    const { env } = await provisionService({ vault: client, service, auth: settings.auth });
    return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.reveal()]));
  }
}
