import type { EngineAnswer, EngineContext, Granted } from "../../engine.ts";
import { MysqlFailure } from "../accounts/mysql-failure.ts";
import { newPassword } from "../accounts/password.ts";
import { defaultRevocation } from "../accounts/statements.ts";
import { broken, refused } from "../routing/refusals.ts";
import { nameGroup, type Route, route } from "../routing/route.ts";
import { allows, type Configurations } from "./configurations.ts";
import { usernamesOf } from "./plugins.ts";
import { findRole } from "./roles.ts";

/** Accounts with a lease: `creds/ROLE`, and what becomes of them. */
export class DatabaseCredentials {
  readonly #context: EngineContext;
  readonly #configurations: Configurations;

  constructor(context: EngineContext, configurations: Configurations) {
    this.#context = context;
    this.#configurations = configurations;
  }

  route(): Route {
    return route({
      path: new RegExp(`^creds/${nameGroup("name")}$`),
      fields: { name: "string" },
      read: ({ values: { name = "" }, request }) => this.#issue(name, request.token?.displayName ?? ""),
    });
  }

  async #issue(name: string, displayName: string): Promise<EngineAnswer> {
    const { storage, random, clock } = this.#context;
    const role = await findRole(storage, name);
    if (!role) throw refused(`unknown role: ${name}`);
    const configuration = await this.#configurations.mustFind(role.database);
    if (!allows(configuration, name)) throw broken(`${JSON.stringify(name)} is not an allowed role`);
    const server = await this.#configurations.server(role.database);
    if (role.creation.length === 0) throw broken("empty creation statements");
    const password = newPassword(random);
    const of = { displayName, roleName: name, nowMs: clock.now(), random };
    const username = usernamesOf(configuration.plugin)(of);
    await mysql(() => server.execute(role.creation, { name: username, username, password }));
    return {
      data: { username, password },
      lease: {
        ttlMs: role.ttlSeconds * 1_000,
        maxTtlMs: role.maxTtlSeconds * 1_000,
        renewable: true,
        internal: { username, role: name, database: role.database, revocation: role.revocation },
      },
    };
  }

  /** MySQL's accounts have no end of their own: only the lease gets longer. */
  async renew({ internal }: Granted): Promise<{ ttlMs: number; maxTtlMs: number }> {
    const name = String(internal["role"]);
    const role = await findRole(this.#context.storage, name);
    if (!role) throw broken(`error during renew: could not find role with name ${JSON.stringify(name)}`);
    await this.#configurations.server(role.database);
    return { ttlMs: role.ttlSeconds * 1_000, maxTtlMs: role.maxTtlSeconds * 1_000 };
  }

  /** Drops the account as its role says now; as it said then, where the role is gone. */
  async revoke({ internal }: Granted): Promise<void> {
    const role = await findRole(this.#context.storage, String(internal["role"]));
    const database = role?.database ?? String(internal["database"]);
    const revocation = role?.revocation ?? (internal["revocation"] as readonly string[]);
    const server = await this.#configurations.server(database);
    const username = String(internal["username"]);
    await mysql(() => server.execute(revocation.length ? revocation : defaultRevocation, { name: username, username }));
  }
}

/** @throws VaultFailure 500 with what MySQL said */
async function mysql(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw error instanceof MysqlFailure ? broken(error.message) : error;
  }
}
