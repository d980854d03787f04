import { readFile } from "node:fs/promises";
import { Secret } from "@minicluster/core";
import { invalidOption, VaultError } from "./error.ts";

/** A secret that is given, or read from a file each time it is needed, so that a replaced file works. */
export type SecretSource = () => Promise<Secret>;

/** The secret itself, or the file it is in. @throws VaultError `VAULT_INVALID_OPTION` for an empty one */
export function given(value: string | Secret, name: string): SecretSource {
  const secret = Secret.of(value);
  if (secret.reveal() === "") throw invalidOption(`${name} is empty`);
  return async () => secret;
}

/** @throws (when asked) VaultError `VAULT_LOGIN_REFUSED`, as long as the file can't be read or is empty */
export function fromFile(path: string, name: string): SecretSource {
  if (path === "") throw invalidOption(`the path of the ${name} file is empty`);
  return async () => {
    let text: string;
    try {
      text = (await readFile(path, "utf8")).trim();
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? "it failed";
      throw unreadable(`the ${name} file ${path} can't be read: ${code}`);
    }
    if (text === "") throw unreadable(`the ${name} file ${path} is empty`);
    return new Secret(text);
  };
}

function unreadable(message: string): VaultError {
  return new VaultError({ code: "VAULT_LOGIN_REFUSED", kind: "refused", message });
}
