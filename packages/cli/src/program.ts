import { Command } from "commander";
import { completionCommand } from "./command-completion.ts";
import { configureCommand } from "./command-configure.ts";
import { devCommand } from "./command-dev.ts";
import { doctorCommand } from "./command-doctor.ts";
import { envCommand } from "./command-env.ts";
import { initCommand } from "./command-init.ts";
import { newCommand } from "./command-new.ts";
import { provisionCommand } from "./command-provision.ts";
import { statusCommand } from "./command-status.ts";
import { unsealCommand } from "./command-unseal.ts";
import type { Context } from "./context.ts";

/** The command line, without a process around it. */
export function program(context: Context, version: string): Command {
  const { terminal } = context;
  const root = new Command("minicluster")
    .description("run and look after a small cluster: Consul, Vault, MySQL and the services on them")
    .version(version)
    .helpCommand(true);
  const makers = [
    ...[initCommand, unsealCommand, configureCommand, provisionCommand, statusCommand, doctorCommand],
    ...[devCommand, envCommand, newCommand, completionCommand],
  ];
  for (const make of makers) root.addCommand(make(context));
  for (const command of [root, ...root.commands]) {
    command
      .exitOverride()
      .allowExcessArguments(false)
      .configureOutput({
        writeOut: (text) => terminal.print(text.replace(/\n$/, "")),
        // commander's own errors are thrown as well, and said once, by whoever catches them.
        writeErr: () => {},
      });
  }
  return root;
}
