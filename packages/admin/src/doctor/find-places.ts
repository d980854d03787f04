import { kindOf } from "@minicluster/core";
import { consul, Discovery, type Instance } from "@minicluster/discovery";
import { instancesOf } from "../service-status.ts";
import type { Examination } from "./examination.ts";

/** Where the service finds its servers. */
export interface Places {
  /** Base URLs, those that Consul calls active first. */
  vaults: readonly string[];
  /** Undefined where nobody says. */
  mysql: { host: string; port: number } | undefined;
}

/** Asks Consul as the service does. */
export async function findPlaces(examination: Examination): Promise<Places> {
  const { settings, findings, clock, timeoutMs, signal } = examination;
  const { vault, mysqlService, mysqlAddress: mysql } = settings;
  const named = vault?.address === undefined ? [] : [vault.address];
  if (!settings.consul) {
    findings.notChecked("consul", "its settings are wrong");
    return { vaults: named, mysql };
  }
  const source = consul({ ...settings.consul, timeout: timeoutMs });
  await using discovery = new Discovery({ source, clock });
  const look = (service: string): Promise<Instance[]> => instancesOf({ discovery, service, timeoutMs, signal });
  let nodes: Instance[];
  let servers: Instance[];
  try {
    [nodes, servers] = await Promise.all([look("vault"), look(mysqlService)]);
  } catch (error) {
    signal?.throwIfAborted();
    const advice =
      kindOf(error) === "refused"
        ? "set CONSUL_HTTP_TOKEN to a token that may read services and nodes"
        : "start the agent of this machine, or set CONSUL_HTTP_ADDR to where it is";
    findings.failure("consul", (error as Error).message, advice);
    return { vaults: named, mysql };
  }
  findings.ok("consul", `${source.name} answers`);
  return {
    vaults: named.length > 0 ? named : vaultsAt(examination, nodes),
    mysql: mysql ?? mysqlAt(examination, servers),
  };
}

function vaultsAt({ settings, findings }: Examination, nodes: readonly Instance[]): string[] {
  if (nodes.length === 0 && settings.usesVault) {
    findings.failure(
      "consul",
      "Consul knows no service vault",
      "start Vault with a service_registration of Consul, or set VAULT_ADDR; where Consul has ACLs, let CONSUL_HTTP_TOKEN read it",
    );
  }
  const scheme = settings.vault?.ca ? "https" : "http";
  const leads = ({ tags }: Instance): number => (tags.includes("active") ? 0 : 1);
  const sorted = [...nodes].sort((a, b) => leads(a) - leads(b));
  return sorted.map(({ address, port }) => `${scheme}://${address.includes(":") ? `[${address}]` : address}:${port}`);
}

/** The instance that the pool would use: a passing one, else one with a warning. */
function mysqlAt({ settings, findings }: Examination, servers: readonly Instance[]): Places["mysql"] {
  // A service without MySQL asks for none.
  if (!settings.credentials) return undefined;
  const { mysqlService } = settings;
  const [best] = (["passing", "warning"] as const).flatMap((wanted) =>
    servers.filter(({ status }) => status === wanted),
  );
  if (best) return { host: best.address, port: best.port };
  const [any] = servers;
  if (any) {
    const advice = "look at the check in Consul: the pool connects to no instance that is critical";
    findings.failure("consul", `no instance of ${mysqlService} passes its check in Consul`, advice);
    return { host: any.address, port: any.port };
  }
  const advice =
    "register MySQL with a check, or set MYSQL_SERVICE to the name it has there; where Consul has ACLs, let CONSUL_HTTP_TOKEN read it";
  findings.failure("consul", `Consul knows no service ${mysqlService}`, advice);
  return undefined;
}
