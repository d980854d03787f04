import { basename, resolve } from "node:path";
import { Command } from "commander";
import type { Context } from "./context.ts";
import { usageError } from "./error.ts";

interface Options {
  json?: boolean;
}

const help = `
The service is called as the directory is. It is TypeScript: one route, one table, and a test in a cluster of its own.

Example:
  minicluster new billing && cd billing && npm install && npm start
`;

/** Names that something else has in every cluster. */
const taken: ReadonlySet<string> = new Set(["consul", "vault", "mysql"]);

/** `minicluster new DIR`: a small service of one's own to start from. */
export function newCommand({ terminal }: Context): Command {
  return new Command("new")
    .description("make a small service of your own to start from")
    .argument("<dir>", "a new or empty directory")
    .option("--json", "print JSON")
    .addHelpText("after", help)
    .action(async (dir: string, options: Options) => {
      const { checkConfigureOptions } = await import("@minicluster/admin");
      const { copyTemplate } = await import("./template.ts");
      const directory = resolve(dir);
      const service = basename(directory);
      if (taken.has(service)) throw usageError(`dir: ${service} is the name of a server; name the service otherwise`);
      // What a service may be called is checked where it is known.
      checkConfigureOptions({ service });
      const files = await copyTemplate(directory, service);
      if (options.json) return terminal.json({ directory, service, files });
      terminal.print(`made ${directory}: ${files.join(", ")}`);
      for (const line of [`cd ${dir}`, "npm install", "npm start", "npm test"]) terminal.print(`  ${line}`);
    });
}
