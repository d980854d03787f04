import { Command, Option } from "commander";
import type { Context } from "./context.ts";
import { authOption, collect, engineOption, wholeNumber } from "./option-value.ts";
import { parseRun, type RunSpec } from "./run-spec.ts";

/** What `minicluster dev` takes. */
export interface DevOptions {
  service?: string[];
  run?: RunSpec[];
  instances: number;
  real?: boolean;
  data?: string;
  /** False with `--no-mysql`. */
  mysql: boolean;
  externalMysql?: boolean;
  vaultNodes?: number;
  vaultVersion?: "1.11.0" | "1.14.0" | "path";
  auth?: "app-id" | "approle";
  engine?: "mysql" | "database";
  leaseTtl?: string;
  maxTtl?: string;
  json?: boolean;
}

const help = `
Each --run is started as many times as --instances says, with an environment of its own and a BIND to listen on. No
shell reads it: words end at blanks, quotes keep blanks together, nothing else has a meaning.
Consul and Vault live inside this process, unless --real or --vault-version is given. Ctrl-C stops everything and leaves
nothing but what --data names; a second one doesn't wait.

Examples:
  minicluster dev --run 'todo=node services/todo/bin/minicluster-todo.js'
  minicluster dev --service billing      (and in another terminal: minicluster env billing --export)
  minicluster dev --real --vault-version 1.14.0 --data ~/.billing --service billing
`;

/** `minicluster dev`: the whole cluster on this machine. */
export function devCommand(context: Context): Command {
  return new Command("dev")
    .description("run a whole cluster on this machine: Consul, Vault, MariaDB and services of yours")
    .option("--service <name>", "make ready for a service that you start yourself, for each of them", collect)
    .option("--run <name=command>", "make ready for a service and start it, for each of them", parseRun)
    .option("--instances <n>", "how many of each --run", wholeNumber, 2)
    .option("--real", "Consul and Vault as programs of their own, in place of servers inside this process")
    .addOption(
      new Option(
        "--vault-version <version>",
        "a real Vault of this version (default: that of `vault` on PATH, else 1.11.0)",
      ).choices(["1.11.0", "1.14.0", "path"]),
    )
    .option("--vault-nodes <n>", "Vault nodes over one storage (default: 2)", wholeNumber)
    .addOption(authOption("how services log in (default: app-id where Vault has it)"))
    .addOption(engineOption())
    .option("--lease-ttl <duration>", "the life of credentials (default: 1m)")
    .option("--max-ttl <duration>", "the longest that renewing makes it (default: 24h)")
    .option("--data <dir>", "keep MariaDB's data and the configuration there, and go on with them the next time")
    .option("--no-mysql", "without MySQL")
    .addOption(
      new Option("--external-mysql", "the MySQL that MYSQL_ADMIN_URL names, in place of one of its own").conflicts(
        "mysql",
      ),
    )
    .option("--json", "print JSON: the places, then a line a change")
    .addHelpText("after", help)
    .action(async (options: DevOptions) => {
      const { dev } = await import("./dev.ts");
      await dev(context, options);
    });
}
