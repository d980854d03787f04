import { checkConfigureOptions } from "@minicluster/admin";
import { type DevCluster, type ServiceProcess, startDevCluster } from "@minicluster/devcluster";
import { Command, Option } from "commander";
import type { Context } from "./context.ts";
import { type Change, DevChanges } from "./dev-changes.ts";
import { curlLines, exportLine, places } from "./dev-text.ts";
import { UsageError } from "./exit-code.ts";
import { collect, wholeNumber } from "./option-value.ts";
import { parseRun, type RunSpec } from "./run-spec.ts";

interface Options {
  service?: string[];
  run?: RunSpec[];
  instances: number;
  vaultVersion: "1.11.0" | "1.14.0" | "path";
  auth?: "app-id" | "approle";
  engine?: "mysql" | "database";
  leaseTtl: string;
  maxTtl: string;
  export?: boolean;
  json?: boolean;
}

const help = `
Each --run is started as many times as --instances says, with an environment of its own and a BIND to listen on. No
shell reads it: words end at blanks, quotes keep blanks together, nothing else has a meaning.
Ctrl-C stops everything and leaves nothing; a second one doesn't wait.

Examples:
  minicluster dev --run 'todo=node services/todo/bin/minicluster-todo.js'
  minicluster dev --service billing --export
`;

/** `minicluster dev`: the whole cluster on this machine. */
export function devCommand(context: Context): Command {
  return new Command("dev")
    .description("run a whole cluster on this machine: Consul, Vault, MariaDB and services of yours")
    .option("--service <name>", "make ready for a service that you start yourself, for each of them", collect)
    .option("--run <name=command>", "make ready for a service and start it, for each of them", parseRun)
    .option("--instances <n>", "how many of each --run", wholeNumber, 2)
    .addOption(
      new Option("--vault-version <version>", "Vault's version")
        .choices(["1.11.0", "1.14.0", "path"])
        .default("1.11.0"),
    )
    .addOption(
      new Option("--auth <method>", "how services log in (default: app-id where Vault has it)").choices([
        "app-id",
        "approle",
      ]),
    )
    .addOption(
      new Option("--engine <type>", "Vault's engine (default: mysql with app-id, database with approle)").choices([
        "mysql",
        "database",
      ]),
    )
    .option("--lease-ttl <duration>", "the life of credentials", "1m")
    .option("--max-ttl <duration>", "the longest that renewing makes it", "24h")
    .option("--export", "print export lines for each --service and for an operator; they hold secrets")
    .option("--json", "print JSON: the places, then a line a change")
    .addHelpText("after", help)
    .action((options: Options) => dev(context, options));
}

async function dev({ terminal, signal }: Context, options: Options): Promise<void> {
  const { run = [], service: own = [], instances: count, json } = options;
  if (count < 1 || count > 50) throw new UsageError(`--instances: ${count} is not valid; write a number from 1 to 50`);
  const named = [...new Set([...own, ...run.map(({ service }) => service)])];
  const services = named.length > 0 ? named : ["todo"];
  const { vaultVersion: version, auth, engine } = options;
  const [leaseTtl, maxTtl] = [options.leaseTtl as "1m", options.maxTtl as "24h"];
  for (const service of services) checkConfigureOptions({ service, auth, engine, leaseTtl, maxTtl });
  await using cluster = await startDevCluster({
    services,
    vault: { version, auth, engine, leaseTtl, maxTtl },
    onProgress: (line) => terminal.note(line),
    signal,
  });
  const starts = run.flatMap((spec) => Array.from({ length: count }, () => start(cluster, spec, signal)));
  const instances = await Promise.all(starts);
  const onChange = (change: Change): void => {
    if (json) terminal.print(JSON.stringify(change));
    else terminal.note(`${time()}  ${change.who}: ${change.what}`);
  };
  await using changes = await DevChanges.watch({ cluster, instances, services, onChange });
  await changes.passing(signal);
  if (json) terminal.print(JSON.stringify({ places: Object.fromEntries(places(cluster, instances)) }));
  else for (const line of intro(cluster, instances)) terminal.print(line);
  if (options.export)
    for (const line of await exports(cluster, named.length > 0 ? own : services)) terminal.print(line);
  else if (own.length > 0) terminal.note(`start again with --export for the environment of ${own.join(", ")}`);
  terminal.note("Ctrl-C stops everything.");
  await untilAborted(signal);
  terminal.note("stopping");
}

function start(cluster: DevCluster, { service, command, args }: RunSpec, signal: AbortSignal): Promise<ServiceProcess> {
  return cluster.run(service, { command, args, cwd: process.cwd(), signal });
}

function intro(cluster: DevCluster, instances: readonly ServiceProcess[]): string[] {
  const curl = curlLines(instances);
  const table = places(cluster, instances).map(([what, where]) => `${what.padEnd(8)} ${where}`);
  return ["", ...table, "", ...curl, ...(curl.length > 0 ? [""] : [])];
}

/** What an instance and an operator set, each service's on its own. */
async function exports(cluster: DevCluster, services: readonly string[]): Promise<string[]> {
  const lines = [
    "# for an operator",
    exportLine("CONSUL_HTTP_ADDR", cluster.consul.agent.address),
    exportLine("VAULT_TOKEN", cluster.vault.rootToken.reveal()),
    exportLine("MYSQL_ADMIN_URL", adminUrl(cluster)),
  ];
  for (const service of services) {
    lines.push(`# for one instance of ${service}`);
    for (const [name, value] of Object.entries(await cluster.env(service))) lines.push(exportLine(name, value));
  }
  return lines;
}

function adminUrl({ mysql }: DevCluster): string {
  const { host, port, rootUser, rootPassword } = mysql;
  return `mysql://${rootUser}:${encodeURIComponent(rootPassword.reveal())}@${host}:${port}`;
}

function time(): string {
  return new Date().toTimeString().slice(0, 8);
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
