import type { DoctorReport, Finding } from "@minicluster/admin";
import { Command } from "commander";
import type { Context } from "./context.ts";
import { CliError } from "./error.ts";
import { printable } from "./printable.ts";
import type { Terminal } from "./terminal.ts";

interface Options {
  credentials?: string;
  database?: string;
  mysql?: string;
  timeout: string;
  json?: boolean;
}

const help = `
Run it with the environment of one instance of a service. It logs in, gets credentials and opens a connection as that
instance would, and gives login and credentials back at the end. With an operator's VAULT_TOKEN and MYSQL_ADMIN_URL
beside it, it also looks for accounts and leases without a partner. Ends with 1 when it found a failure.

Examples:
  set -a; . /etc/todo.env; minicluster doctor
  eval "$(minicluster env todo --operator --export)" && minicluster doctor
`;

/** `minicluster doctor`: what is wrong, seen from a service's environment, and what to do about it. */
export function doctorCommand({ terminal, signal }: Context): Command {
  return new Command("doctor")
    .description("look for what is wrong, from a service's environment, and say what to do")
    .option("--credentials <path>", "the path that the service reads its credentials from (default: MYSQL_CREDENTIALS)")
    .option("--database <name>", "the pool's database (default: MYSQL_DATABASE)")
    .option("--mysql <host:port>", "MySQL's address (default: what Consul knows as MYSQL_SERVICE)")
    .option("--timeout <duration>", "how long each question may take", "5s")
    .option("--json", "print JSON")
    .addHelpText("after", help)
    .action(async (options: Options) => {
      const { doctor } = await import("@minicluster/admin");
      const { credentials, database, mysql } = options;
      if (options.json) terminal.progress("looking at Consul, Vault and MySQL");
      const report = await doctor({
        env: terminal.env,
        credentials,
        database,
        mysql,
        timeout: options.timeout as "5s",
        onFinding: options.json ? undefined : (finding) => print(terminal, finding),
        signal,
      });
      if (options.json) terminal.json(report);
      if (!report.healthy) throw new CliError("CLI_UNHEALTHY", summary(report));
    });
}

function print(terminal: Terminal, { status, subject, what, advice }: Finding): void {
  const { green, yellow, red, dim, bold } = terminal.colours;
  const paint = { ok: green, warning: yellow, failure: red, "not checked": dim }[status];
  terminal.print(`${paint(status.padEnd(11))}  ${subject.padEnd(11)}  ${printable(what)}`);
  if (advice !== undefined) terminal.print(`${" ".repeat(26)}${bold("->")} ${printable(advice)}`);
}

function summary({ findings }: DoctorReport): string {
  const count = (status: Finding["status"]): number => findings.filter((each) => each.status === status).length;
  const [failures, warnings] = [count("failure"), count("warning")];
  const plural = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`;
  return `${plural(failures, "failure")}${warnings > 0 ? ` and ${plural(warnings, "warning")}` : ""}`;
}
