import type { UnsealedNode, UnsealVaultOptions } from "@minicluster/admin";
import { Command } from "commander";
import type { Context } from "./context.ts";
import { CliError } from "./error.ts";
import { keysIn, readKeysFile } from "./keys-file.ts";
import { collect } from "./option-value.ts";
import { askSecret, readAll } from "./secret-input.ts";

interface Options {
  vault?: string[];
  keysFile?: string;
  json?: boolean;
}

const help = `
Keys come from --keys-file, else from stdin, one a line; on a terminal they are asked for and not shown.

Examples:
  minicluster unseal --vault http://10.0.0.2:8200 --vault http://10.0.0.3:8200 --keys-file ~/vault-keys.json
  pass vault/key | minicluster unseal
`;

/** `minicluster unseal`: the seed's 02-unseal.sh. */
export function unsealCommand(context: Context): Command {
  const { terminal, signal } = context;
  return new Command("unseal")
    .description("unseal each Vault node")
    .option(
      "--vault <url>",
      "a Vault node, for each of them (default: VAULT_ADDR, else all that Consul knows)",
      collect,
    )
    .option("--keys-file <file>", "unseal keys: a file of init, or one key a line; only its owner may read it")
    .option("--json", "print JSON")
    .addHelpText("after", help)
    .action(async (options: Options) => {
      const { Operator, unsealVault } = await import("@minicluster/admin");
      const operator = new Operator({ env: terminal.env, vaults: options.vault, signal });
      const given = options.keysFile === undefined ? await piped(context) : await readKeysFile(options.keysFile);
      const addresses = await operator.vaultAddresses();
      const ca = operator.vaultCa;
      const onProgress = (node: UnsealedNode): void => {
        if (node.done === "waiting") terminal.progress(describe(node));
      };
      const request = { addresses, ca, signal, onProgress };
      const nodes = given ? await unsealVault({ ...request, keys: given }) : await askAndUnseal(context, request);
      if (options.json) terminal.json(nodes);
      else for (const node of nodes) terminal.print(describe(node));
      const sealed = nodes.filter(({ done }) => done === "waiting" || done === "failed").length;
      if (sealed > 0) throw new CliError("CLI_UNHEALTHY", `${sealed} of ${nodes.length} nodes not unsealed`);
    });
}

/** Keys from a pipe; undefined on a terminal. */
async function piped({ terminal, signal }: Context): Promise<string[] | undefined> {
  return terminal.stdin.isTTY ? undefined : keysIn(await readAll(terminal, signal), "stdin");
}

type Request = Omit<UnsealVaultOptions, "keys">;

/** Asks for one key after the other until no node wants more. */
async function askAndUnseal({ terminal, signal }: Context, request: Request): Promise<UnsealedNode[]> {
  const { unsealVault } = await import("@minicluster/admin");
  for (;;) {
    const key = await askSecret(terminal, "Unseal key (not shown): ", signal);
    const nodes = await unsealVault({ ...request, keys: [key] });
    if (!nodes.some(({ done }) => done === "waiting")) return nodes;
  }
}

function describe(node: UnsealedNode): string {
  const { address, done, progress, threshold, reason } = node;
  const says = {
    updated: "unsealed",
    unchanged: "unsealed already",
    waiting: `sealed, has ${progress} of ${threshold} keys`,
    failed: reason ?? "failed",
  }[done];
  return says.includes(address) ? says : `${address}: ${says}`;
}
