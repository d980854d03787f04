import { provisionService } from "@minicluster/admin";
import type { DevVault } from "./dev-vault.ts";
import { DevClusterError } from "./errors.ts";
import type { VaultSettings } from "./vault-settings.ts";

export interface ServiceIdentitiesOptions {
  vault: DevVault;
  auth: VaultSettings["auth"];
  /** By service: what each of its instances gets beside a login. */
  services: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** How many logins of a service wait to be used. */
  stock: number;
}

type Environment = Readonly<Record<string, string>>;

/** Gives each instance a login of its own, out of a stock that is filled up while nobody waits. */
export class ServiceIdentities {
  readonly #options: ServiceIdentitiesOptions;
  readonly #stock = new Map<string, Environment[]>();
  readonly #closing = new AbortController();
  #refill: Promise<void> = Promise.resolve();

  constructor(options: ServiceIdentitiesOptions) {
    this.#options = options;
    for (const service of options.services.keys()) this.#stock.set(service, []);
  }

  /** Fills the stock of every service. */
  async prepare(): Promise<void> {
    await Promise.all([...this.#stock.keys()].map((service) => this.#fill(service)));
  }

  /**
   * The environment of a new instance.
   *
   * @throws DevClusterError `DEVCLUSTER_NO_SUCH_SERVICE`; `DEVCLUSTER_NO_LOGIN` when the stock is used up
   */
  next(service: string): Record<string, string> {
    const login = this.#stockOf(service).shift();
    this.#fillUp(service);
    if (login) return this.#environment(service, login);
    const message = `no login of ${service} is left of the ${this.#options.stock} in stock, which is filled up while Vault answers: try again, or start with a larger \`logins\``;
    throw new DevClusterError("DEVCLUSTER_NO_LOGIN", message);
  }

  /** The same; where the stock is used up, it waits for Vault. @throws also AdminError when Vault is away */
  async provide(service: string): Promise<Record<string, string>> {
    const login = this.#stockOf(service).shift() ?? (await this.#provision(service, 1))[0] ?? {};
    this.#fillUp(service);
    return this.#environment(service, login);
  }

  /** Makes no more. */
  async close(): Promise<void> {
    this.#closing.abort(new DevClusterError("DEVCLUSTER_CLOSED", "the cluster was closed"));
    await this.#refill;
  }

  #stockOf(service: string): Environment[] {
    const stock = this.#stock.get(service);
    if (stock) return stock;
    const known = [...this.#stock.keys()].join(", ");
    throw new DevClusterError("DEVCLUSTER_NO_SUCH_SERVICE", `${service}: not among the services (${known})`);
  }

  #environment(service: string, login: Environment): Record<string, string> {
    return { ...this.#options.services.get(service), ...login };
  }

  /** The next ones; a Vault that is away now is asked again next time. */
  #fillUp(service: string): void {
    this.#refill = this.#refill.then(() => this.#fill(service)).catch(() => {});
  }

  async #fill(service: string): Promise<void> {
    const stock = this.#stockOf(service);
    const lacking = this.#options.stock - stock.length;
    if (lacking > 0 && !this.#closing.signal.aborted) stock.push(...(await this.#provision(service, lacking)));
  }

  async #provision(service: string, count: number): Promise<Environment[]> {
    const { vault, auth } = this.#options;
    const { signal } = this.#closing;
    await using client = await vault.operator();
    const one = async (): Promise<Environment> => {
      const { env } = await provisionService({ vault: client, service, auth, signal });
      return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.reveal()]));
    };
    return await Promise.all(Array.from({ length: count }, one));
  }
}
