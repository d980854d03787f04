import type { ClusterStatus, ClusterStatusOptions } from "@minicluster/admin";
import { durationMs, systemClock } from "@minicluster/core";
import { Command } from "commander";
import type { Context } from "./context.ts";
import { CliError, usageError } from "./error.ts";
import { collect } from "./option-value.ts";
import { statusTables } from "./status-tables.ts";
import { watchStatus } from "./status-watch.ts";

interface Options {
  service?: string[];
  vault?: string[];
  timeout: string;
  watch?: boolean;
  interval?: string;
  json?: boolean;
}

/** Shorter ones would keep a small cluster busy with being watched. */
const shortestIntervalMs = 200;

const help = `
Ends with 1 when no Vault is active or a service has no healthy instance.
With --watch it looks again and again until Ctrl-C, tries nothing out, and ends with 0. On a terminal it shows one
picture that changes; elsewhere it prints a block for each change, or with --json a line.

Examples:
  CONSUL_HTTP_ADDR=10.0.0.1:8500 minicluster status --service todo
  minicluster status --watch --interval 5s
`;

/** `minicluster status`: the seed's test-todo-service.sh. */
export function statusCommand(context: Context): Command {
  const { terminal, signal } = context;
  return new Command("status")
    .description("show each Vault and each instance of a service; try the healthy ones out")
    .option("--service <name>", "a service, for each of them (default: todo)", collect)
    .option(
      "--vault <url>",
      "a Vault node, for each of them (default: all that Consul knows, else VAULT_ADDR)",
      collect,
    )
    .option("--timeout <duration>", "how long each question may take", "5s")
    .option("--watch", "look again and again, until Ctrl-C")
    .option("--interval <duration>", "with --watch: how long between two looks (default: 2s)")
    .option("--json", "print JSON; with --watch a line for each change")
    .addHelpText("after", help)
    .action(async (options: Options) => {
      const { clusterStatus, Operator } = await import("@minicluster/admin");
      const operator = new Operator({ env: terminal.env, vaults: options.vault, signal });
      const request: ClusterStatusOptions = {
        consul: operator.consul,
        vaults: operator.namedVaults,
        vaultCa: operator.vaultCa,
        services: options.service,
        timeout: options.timeout as "5s",
        signal,
      };
      if (options.watch) {
        // Trying out writes to a service's database: once, not every other second.
        const look = () => clusterStatus({ ...request, exercises: {} });
        const [intervalMs, json] = [intervalOf(options), options.json === true];
        return await watchStatus(context, { look, intervalMs, json, clock: systemClock });
      }
      if (options.interval !== undefined) throw usageError("--interval: goes with --watch");
      terminal.progress("asking Consul, Vault and the services");
      const status = await clusterStatus(request);
      if (options.json) terminal.json(status);
      else for (const line of statusTables(status, terminal.colours)) terminal.print(line);
      if (!status.healthy) throw new CliError("CLI_UNHEALTHY", whyUnhealthy(status));
    });
}

function intervalOf({ interval = "2s" }: Options): number {
  const ms = durationMs(interval as "2s", "interval");
  if (ms >= shortestIntervalMs) return ms;
  throw usageError(`--interval: ${interval} is too short; write at least ${shortestIntervalMs}ms`);
}

function whyUnhealthy({ consul, vaults, services }: ClusterStatus): string {
  const reasons = [
    ...(consul.reason === undefined ? [] : [consul.reason]),
    ...(vaults.some(({ state }) => state === "active") ? [] : ["no Vault is active"]),
    ...services.filter(({ healthy }) => !healthy).map(({ service }) => `${service} has no healthy instance`),
  ];
  return reasons.join("; ");
}
