import { checkConfigureOptions } from "@minicluster/admin";
import { type DevCluster, type ServiceProcess, startDevCluster } from "@minicluster/devcluster";
import type { DevOptions } from "./command-dev.ts";
import type { Context } from "./context.ts";
import { type Change, DevChanges } from "./dev-changes.ts";
import { curlLines, exportLine, places } from "./dev-text.ts";
import { usageError } from "./error.ts";
import type { RunSpec } from "./run-spec.ts";

/** Runs the cluster until the signal ends it. */
export async function dev({ terminal, signal }: Context, options: DevOptions): Promise<void> {
  const { run = [], service: own = [], instances: count, json } = options;
  if (count < 1 || count > 50) throw usageError(`--instances: ${count} is not valid; write a number from 1 to 50`);
  const named = [...new Set([...own, ...run.map(({ service }) => service)])];
  const services = named.length > 0 ? named : ["todo"];
  const { vaultVersion: version, auth, engine } = options;
  const [leaseTtl, maxTtl] = [options.leaseTtl as "1m", options.maxTtl as "24h"];
  for (const service of services) checkConfigureOptions({ service, auth, engine, leaseTtl, maxTtl });
  const stopping = (): void => terminal.note("stopping; a second Ctrl-C doesn't wait");
  signal.addEventListener("abort", stopping, { once: true });
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
