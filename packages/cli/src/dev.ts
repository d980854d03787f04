import { Secret } from "@minicluster/core";
import {
  type DevCluster,
  type DevClusterError,
  type DevClusterOptions,
  type ServiceProcess,
  startDevCluster,
} from "@minicluster/devcluster";
import type { DevOptions } from "./command-dev.ts";
import type { Context } from "./context.ts";
import { type Change, DevChanges } from "./dev-changes.ts";
import type { DevAnswer, DevRequest } from "./dev-messages.ts";
import { DevSocket } from "./dev-socket.ts";
import { curlLines, places } from "./dev-text.ts";
import { usageError } from "./error.ts";
import type { RunSpec } from "./run-spec.ts";

/** Runs the cluster until the signal ends it. */
export async function dev({ terminal, signal }: Context, options: DevOptions): Promise<void> {
  const { run = [], instances: count, json } = options;
  if (count < 1 || count > 50) throw usageError(`--instances: ${count} is not valid; write a number from 1 to 50`);
  const stopping = (): void => terminal.note("stopping; a second Ctrl-C doesn't wait");
  signal.addEventListener("abort", stopping, { once: true });
  await using cluster = await startDevCluster({
    ...clusterOptions(options, terminal.env),
    onProgress: (line) => terminal.note(line),
    signal,
  });
  const { services } = cluster;
  await using socket = await DevSocket.open({
    env: terminal.env,
    onRefused: (reason) => terminal.note(`minicluster env won't find this cluster: ${reason}`),
    answer: (request) => answer(cluster, request),
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
  if (socket) terminal.note(`minicluster env ${services[0]} prints the environment of one more instance`);
  terminal.note("Ctrl-C stops everything.");
  await untilAborted(signal);
}

/** What the command line says, as `startDevCluster` takes it; what isn't said is its own default, or the data's. */
function clusterOptions(options: DevOptions, env: Context["terminal"]["env"]): DevClusterOptions {
  const { run = [], service: own = [], vaultVersion: version, vaultNodes: nodes, auth, engine, data } = options;
  const services = [...new Set([...own, ...run.map(({ service }) => service)])];
  const [leaseTtl, maxTtl] = [options.leaseTtl as "1m" | undefined, options.maxTtl as "24h" | undefined];
  return {
    ...(services.length > 0 && { services }),
    ...(options.real && { engine: "real" }),
    vault: { version, nodes, auth, engine, leaseTtl, maxTtl },
    ...(!options.mysql && { mysql: false }),
    ...(options.externalMysql && { mysql: { url: mysqlUrl(env) } }),
    data,
  };
}

/** A password in a command line could be read by every user of the machine. */
function mysqlUrl({ MYSQL_ADMIN_URL: url }: Context["terminal"]["env"]): Secret {
  if (url) return new Secret(url);
  throw usageError(
    "MYSQL_ADMIN_URL: not set; --external-mysql needs mysql://USER:PASSWORD@HOST:PORT of an administrator",
  );
}

function start(cluster: DevCluster, { service, command, args }: RunSpec, signal: AbortSignal): Promise<ServiceProcess> {
  return cluster.run(service, { command, args, cwd: process.cwd(), signal });
}

function intro(cluster: DevCluster, instances: readonly ServiceProcess[]): string[] {
  const curl = curlLines(instances);
  const table = places(cluster, instances).map(([what, where]) => `${what.padEnd(8)} ${where}`);
  return ["", ...table, "", ...curl, ...(curl.length > 0 ? [""] : [])];
}

/** Answers `minicluster env` of another terminal. */
async function answer(cluster: DevCluster, request: DevRequest): Promise<DevAnswer> {
  const { services } = cluster;
  if (request.ask === "who") return { who: { pid: process.pid, directory: process.cwd(), services } };
  if (request.ask === "operator") return { env: operatorEnv(cluster) };
  try {
    return { env: cluster.env(request.service) };
  } catch (error) {
    const { code, message } = error as DevClusterError;
    return { error: { message, usage: code === "DEVCLUSTER_NO_SUCH_SERVICE" } };
  }
}

function operatorEnv(cluster: DevCluster): Record<string, string> {
  return {
    CONSUL_HTTP_ADDR: cluster.consul.agent.address,
    VAULT_TOKEN: cluster.vault.rootToken.reveal(),
    ...(cluster.withMysql && { MYSQL_ADMIN_URL: adminUrl(cluster.mysql) }),
  };
}

function adminUrl({ host, port, rootUser, rootPassword }: DevCluster["mysql"]): string {
  const address = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return `mysql://${encodeURIComponent(rootUser)}:${encodeURIComponent(rootPassword.reveal())}@${address}`;
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
