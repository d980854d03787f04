import { spawn } from "node:child_process";
import { findVault } from "@minicluster/servers";

export interface Commanded {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  address: string;
  token: string;
  /** What it is given to read. */
  input?: string | undefined;
}

/** Runs Vault's own command line, `vault WORDS`. */
export async function vaultCommand(words: readonly string[], options: CommandOptions): Promise<Commanded> {
  const { path } = await findVault("1.11.0");
  const { address, token, input = "" } = options;
  // Without a home it can't keep a token of another run.
  const env = { VAULT_ADDR: address, HOME: "/nonexistent", ...(token && { VAULT_TOKEN: token }) };
  const child = spawn(path, words, { env });
  const told = { stdout: "", stderr: "" };
  child.stdout.on("data", (text) => {
    told.stdout += String(text);
  });
  child.stderr.on("data", (text) => {
    told.stderr += String(text);
  });
  // One that reads nothing may have ended by now.
  child.stdin.on("error", () => {}).end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { code, ...told };
}
