import type { ClusterStatus } from "@minicluster/admin";
import { Command } from "commander";
import type { Context } from "./context.ts";
import { CliError } from "./error.ts";
import { collect } from "./option-value.ts";
import { statusTables } from "./status-tables.ts";

interface Options {
  service?: string[];
  vault?: string[];
  timeout: string;
  json?: boolean;
}

const help = `
Ends with 1 when no Vault is active or a service has no healthy instance.

Example:
  CONSUL_HTTP_ADDR=10.0.0.1:8500 minicluster status --service todo
`;

/** `minicluster status`: the seed's test-todo-service.sh. */
export function statusCommand({ terminal, signal }: Context): Command {
  return new Command("status")
    .description("show each Vault and each instance of a service; try the healthy ones out")
    .option("--service <name>", "a service, for each of them (default: todo)", collect)
    .option(
      "--vault <url>",
      "a Vault node, for each of them (default: all that Consul knows, else VAULT_ADDR)",
      collect,
    )
    .option("--timeout <duration>", "how long each question may take", "5s")
    .option("--json", "print JSON")
    .addHelpText("after", help)
    .action(async (options: Options) => {
      const { clusterStatus, Operator } = await import("@minicluster/admin");
      const operator = new Operator({ env: terminal.env, vaults: options.vault, signal });
      terminal.progress("asking Consul, Vault and the services");
      const status = await clusterStatus({
        consul: operator.consul,
        vaults: operator.namedVaults,
        vaultCa: operator.vaultCa,
        services: options.service,
        timeout: options.timeout as "5s",
        signal,
      });
      if (options.json) terminal.json(status);
      else for (const line of statusTables(status, terminal.colours)) terminal.print(line);
      if (!status.healthy) throw new CliError("CLI_UNHEALTHY", whyUnhealthy(status));
    });
}

function whyUnhealthy({ consul, vaults, services }: ClusterStatus): string {
  const reasons = [
    ...(consul.reason === undefined ? [] : [consul.reason]),
    ...(vaults.some(({ state }) => state === "active") ? [] : ["no Vault is active"]),
    ...services.filter(({ healthy }) => !healthy).map(({ service }) => `${service} has no healthy instance`),
  ];
  return reasons.join("; ");
}
