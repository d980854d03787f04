import { Argument, Command, Option } from "commander";
import type { Context } from "./context.ts";
import { type EnvFormat, envLines } from "./env-lines.ts";
import { CliError, usageError } from "./error.ts";
import { wholeNumber } from "./option-value.ts";
import type { RunningCluster } from "./running-clusters.ts";

interface Options {
  operator?: boolean;
  export?: boolean;
  dotenv?: boolean;
  json?: boolean;
  cluster?: number;
}

const help = `
Prints secrets: the login of one more instance, or an operator's token. Each run makes a new login. The cluster is the
one that minicluster dev runs in another terminal; where several run, the one that was started in this folder.

Examples:
  eval "$(minicluster env billing --export)" && node billing.js
  minicluster env billing --dotenv > .env && node --env-file=.env billing.js
  eval "$(minicluster env --operator --export)" && vault status
`;

/** `minicluster env SERVICE`: what one more instance of a service reads, from the cluster of `minicluster dev`. */
export function envCommand({ terminal, signal }: Context): Command {
  return new Command("env")
    .description("print the environment of one more instance, from a running minicluster dev")
    .addArgument(new Argument("[service]", "a service that it was started for"))
    .option("--operator", "what an operator sets: Consul, Vault's root token, MySQL's administrator")
    .addOption(new Option("--export", "as lines for a shell").conflicts(["dotenv", "json"]))
    .addOption(new Option("--dotenv", "as lines of a .env file").conflicts(["export", "json"]))
    .addOption(new Option("--json", "print JSON").conflicts(["export", "dotenv"]))
    .option("--cluster <pid>", "the process of minicluster dev, where several run", wholeNumber)
    .addHelpText("after", help)
    .action(async (service: string | undefined, options: Options) => {
      if (service === undefined && !options.operator) {
        throw usageError("service: name the one whose environment you want, or write --operator");
      }
      const { askCluster, runningClusters } = await import("./running-clusters.ts");
      const cluster = chosen(await runningClusters(terminal.env), options.cluster);
      const operator = options.operator ? await askCluster(cluster, { ask: "operator" }, signal) : {};
      const own = service === undefined ? {} : await askCluster(cluster, { ask: "env", service }, signal);
      const env = { ...operator, ...own };
      if (options.json) return terminal.json(env);
      const format: EnvFormat = options.export ? "export" : options.dotenv ? "dotenv" : "plain";
      for (const line of envLines(env, format)) terminal.print(line);
    });
}

/**
 * The cluster that is meant: the only one, the one named, or the only one of this folder.
 *
 * @throws CliError `CLI_NO_CLUSTER` where there is none, `CLI_USAGE` where it isn't clear which
 */
export function chosen(all: readonly RunningCluster[], pid: number | undefined): RunningCluster {
  const shown = all.map(({ pid: each, directory, services }) => `${each} in ${directory} (${services.join(", ")})`);
  if (pid !== undefined) {
    const named = all.find((each) => each.pid === pid);
    if (named) return named;
    throw usageError(`--cluster: ${pid} runs no cluster of yours; there are: ${shown.join("; ") || "none"}`);
  }
  const near = all.length > 1 ? all.filter(({ directory }) => directory === process.cwd()) : all;
  const [only, other] = near;
  if (only && !other) return only;
  if (all.length > 0) throw usageError(`several clusters run; choose with --cluster PID: ${shown.join("; ")}`);
  throw new CliError(
    "CLI_NO_CLUSTER",
    "no cluster of yours is ready: start one with minicluster dev in another terminal, and wait until it says so",
  );
}
