import { invalidOption } from "./error.ts";

/**
 * A Vault path made fit for a URL: segments encoded one by one, without leading and trailing slashes.
 *
 * @throws VaultError `VAULT_INVALID_OPTION` for an empty path, an empty segment, `.` and `..`
 * @example encodePath("secret/a b") // "secret/a%20b"
 */
export function encodePath(path: string): string {
  const segments = trimSlashes(path).split("/");
  for (const segment of segments) {
    if (segment === "" || segment === "." || segment === "..") {
      throw invalidOption(
        `${JSON.stringify(path)} is not a Vault path: write it like mysql/creds/todo, without "." and ".."`,
      );
    }
  }
  try {
    return segments.map(encodeURIComponent).join("/");
  } catch {
    throw invalidOption("a Vault path holds half a surrogate pair: it is not valid Unicode");
  }
}

/** A mount or path without slashes at its ends. */
export function trimSlashes(path: string): string {
  return path.replace(/^\/+|\/+$/g, "");
}
