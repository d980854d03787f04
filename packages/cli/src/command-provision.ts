import type { AuthName } from "@minicluster/admin";
import { Command } from "commander";
import type { Context } from "./context.ts";
import { usageError } from "./error.ts";
import { authOption, collect } from "./option-value.ts";
import { readAll } from "./secret-input.ts";

interface Options {
  auth?: AuthName;
  instance?: string;
  cidr?: string;
  wrap?: string;
  mac?: string;
  userIdStdin?: boolean;
  vault?: string[];
  json?: boolean;
}

const help = `
Prints the variables that one instance logs in with, as lines for an environment file: hand them to that instance and
to nobody else. Needs VAULT_TOKEN. Each run makes a new user-id or secret-id.

Examples:
  minicluster provision todo > todo0.env
  minicluster provision todo --auth approle --wrap 5m
  MINICLUSTER_USER_ID_SALT=... minicluster provision todo --mac aa:bb:cc:dd:ee:ff
`;

/** `minicluster provision SERVICE`: the seed's 04-provision-todo.sh. */
export function provisionCommand({ terminal, signal }: Context): Command {
  return new Command("provision")
    .description("make what one instance of a service logs in with")
    .argument("<service>", "a service that was configured")
    .addOption(authOption("how the service logs in (default: app-id)"))
    .option("--instance <name>", "a name for the instance, kept beside its secret-id in Vault")
    .option("--cidr <range>", "addresses that it may log in from")
    .option("--wrap <duration>", "approle: print a wrapping token that lives so long and works once")
    .option("--mac <address>", "app-id: derive the user-id from this MAC address and MINICLUSTER_USER_ID_SALT")
    .option("--user-id-stdin", "app-id: take the user-id from stdin")
    .option("--vault <url>", "a Vault node (default: VAULT_ADDR, else what Consul knows)", collect)
    .option("--json", "print JSON")
    .addHelpText("after", help)
    .action(async (service: string, options: Options) => {
      const { Operator, provisionService } = await import("@minicluster/admin");
      const operator = new Operator({ env: terminal.env, vaults: options.vault, signal });
      const { mac } = options;
      const salt = terminal.env["MINICLUSTER_USER_ID_SALT"];
      if (mac !== undefined && !salt) {
        throw usageError("MINICLUSTER_USER_ID_SALT: not set; --mac needs the salt that the machine uses too");
      }
      const userId = options.userIdStdin ? (await readAll(terminal, signal)).trim() : undefined;
      terminal.progress(`asking Vault for a login of ${service}`);
      await using vault = await operator.vault();
      const { env, done, secretIdAccessor } = await provisionService({
        vault,
        service,
        auth: options.auth,
        instance: options.instance,
        cidr: options.cidr,
        wrapTtl: options.wrap as "5m" | undefined,
        machine: mac !== undefined && salt ? { mac, salt } : undefined,
        userId,
        signal,
      });
      const shown = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value.reveal()]));
      if (options.json) return terminal.json({ service, done, env: shown, secretIdAccessor });
      for (const [name, value] of Object.entries(shown)) terminal.print(`${name}=${value}`);
    });
}
