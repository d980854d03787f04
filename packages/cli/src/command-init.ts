import { Command } from "commander";
import type { Context } from "./context.ts";
import { usageError } from "./error.ts";
import { NewKeysFile } from "./keys-file.ts";
import { collect, wholeNumber } from "./option-value.ts";

interface Options {
  vault?: string[];
  shares: number;
  threshold: number;
  keysFile?: string;
  json?: boolean;
}

const help = `
Keys and root token are shown once, here or in the file, and never again.

Example:
  minicluster init --vault http://10.0.0.2:8200 --shares 5 --threshold 3 --keys-file ~/vault-keys.json
`;

/** `minicluster init`: the seed's 01-init.sh. */
export function initCommand({ terminal, signal }: Context): Command {
  return new Command("init")
    .description("initialise Vault: make its unseal keys and its root token")
    .option("--vault <url>", "a Vault node (default: VAULT_ADDR)", collect)
    .option("--shares <n>", "parts that the unseal key is split into", wholeNumber, 5)
    .option("--threshold <n>", "parts that are needed to unseal", wholeNumber, 3)
    .option("--keys-file <file>", "write keys and token to this new file, for its owner alone, in place of stdout")
    .option("--json", "print JSON")
    .addHelpText("after", help)
    .action(async (options: Options) => {
      const { initVault, Operator } = await import("@minicluster/admin");
      const operator = new Operator({ env: terminal.env, vaults: options.vault, signal });
      const [address] = operator.namedVaults ?? [];
      if (address === undefined)
        throw usageError("--vault: name a node, or set VAULT_ADDR; a new Vault is not in Consul yet");
      const { shares, threshold, keysFile } = options;
      const file = keysFile === undefined ? undefined : await NewKeysFile.create(keysFile);
      const request = { address, shares, threshold, ca: operator.vaultCa, signal };
      terminal.progress(`initialising ${address}`);
      const made = await initVault(request).catch(async (error: unknown) => {
        await file?.discard();
        throw error;
      });
      if (made.done === "unchanged") {
        await file?.discard();
        if (options.json) return terminal.json({ done: made.done, address });
        return terminal.print(`${address} is initialised already; its keys were shown then`);
      }
      const keys = made.keys.map((key) => key.reveal());
      const rootToken = made.rootToken.reveal();
      if (file) {
        try {
          await file.write({ keys, threshold, root_token: rootToken });
          if (options.json) return terminal.json({ done: made.done, address, keysFile: file.path });
          return terminal.print(`${address} is initialised; keys and root token are in ${file.path}`);
        } catch (error) {
          // Nobody can make these keys again: rather on stdout than lost.
          terminal.note(`${file.path} can't be written (${(error as Error).message}): keys and root token follow`);
        }
      }
      if (options.json) return terminal.json({ done: made.done, address, keys, threshold, root_token: rootToken });
      for (const [index, key] of keys.entries()) terminal.print(`Unseal key ${index + 1}: ${key}`);
      terminal.print(`Root token: ${rootToken}`);
      terminal.note(`Keep them apart and safe: any ${threshold} of the ${shares} keys unseal this Vault.`);
    });
}
