import type { AuthName, EngineName, Step } from "@minicluster/admin";
import { Command } from "commander";
import { parseAddress } from "./address.ts";
import type { Context } from "./context.ts";
import { authOption, collect, engineOption } from "./option-value.ts";

interface Options {
  service: string;
  database?: string;
  auth?: AuthName;
  engine?: EngineName;
  mount?: string;
  leaseTtl: string;
  maxTtl: string;
  tokenTtl?: string;
  tokenMaxTtl?: string;
  privilege?: string[];
  vault?: string[];
  mysql?: string;
  mysqlForVault?: string;
  account?: string;
  accountHost?: string;
  rotatePassword?: boolean;
  json?: boolean;
}

const help = `
Needs VAULT_TOKEN, and MYSQL_ADMIN_URL (mysql://USER:PASSWORD@HOST:PORT) or MYSQL_ADMIN_USER and MYSQL_ADMIN_PASSWORD.
Running it again changes what differs and nothing else.

Example:
  VAULT_TOKEN=... MYSQL_ADMIN_URL=mysql://root:...@10.0.0.4:3306 minicluster configure --service todo --auth app-id
`;

/** `minicluster configure`: the seed's 03-configure.sh. */
export function configureCommand({ terminal, signal }: Context): Command {
  return new Command("configure")
    .description("make MySQL and Vault ready for a service: account, role, policy and login")
    .option("--service <name>", "the service", "todo")
    .option("--database <name>", "its database (default: its name)")
    .addOption(authOption("how it logs in (default: app-id)"))
    .addOption(engineOption())
    .option("--mount <path>", "where the engine is mounted (default: its name)")
    .option("--lease-ttl <duration>", "the life of credentials", "1m")
    .option("--max-ttl <duration>", "the longest that renewing makes it", "24h")
    .option("--token-ttl <duration>", "the life of the service's token (default: 1h)")
    .option("--token-max-ttl <duration>", "the longest that renewing makes it (default: 24h)")
    .option(
      "--privilege <name>",
      "what it may do in its database, for each of them (default: SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX)",
      collect,
    )
    .option("--vault <url>", "a Vault node (default: VAULT_ADDR, else what Consul knows)", collect)
    .option("--mysql <host:port>", "MySQL's address (default: MYSQL_ADMIN_URL's, else what Consul knows)")
    .option("--mysql-for-vault <host:port>", "where Vault reaches MySQL, if elsewhere")
    .option("--account <name>", "Vault's account in MySQL (default: vaultadmin)")
    .option("--account-host <pattern>", "from where it may log in (default: %)")
    .option("--rotate-password", "give Vault's account a new password even where the old one works")
    .option("--json", "print JSON")
    .addHelpText("after", help)
    .action(async (options: Options) => {
      const { configureCluster, Operator } = await import("@minicluster/admin");
      const operator = new Operator({ env: terminal.env, vaults: options.vault, mysql: options.mysql, signal });
      const elsewhere = parseAddress("--mysql-for-vault", options.mysqlForVault);
      const mysql = {
        ...(await operator.mysql()),
        account: options.account,
        accountHost: options.accountHost,
        vaultHost: elsewhere?.host,
        vaultPort: elsewhere?.port,
      };
      await using vault = await operator.vault();
      const result = await configureCluster({
        vault,
        mysql,
        service: options.service,
        database: options.database,
        auth: options.auth,
        engine: options.engine,
        // What these strings may be is checked where it is known.
        leaseTtl: options.leaseTtl as "1m",
        maxTtl: options.maxTtl as "24h",
        tokenTtl: options.tokenTtl as "1h" | undefined,
        tokenMaxTtl: options.tokenMaxTtl as "24h" | undefined,
        mount: options.mount,
        privileges: options.privilege,
        appId: terminal.env["VAULT_APP_ID"] || undefined,
        rotatePassword: options.rotatePassword,
        onStep: options.json ? undefined : (step) => terminal.print(describe(terminal, step)),
        signal,
      });
      if (options.json) terminal.json(result);
    });
}

function describe(terminal: Context["terminal"], { step, done }: Step): string {
  const { green, yellow, dim } = terminal.colours;
  const colour = { created: green, updated: yellow, unchanged: dim }[done];
  return `${colour(done.padEnd(9))}  ${step}`;
}
