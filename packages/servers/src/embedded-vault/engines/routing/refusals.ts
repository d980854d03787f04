import { VaultFailure } from "../../failure.ts";

/** The caller's mistake, told as an engine tells it: 400. */
export function refused(message: string): VaultFailure {
  return new VaultFailure(400, message);
}

/** An error that an engine did not turn into an answer, as Vault's router prints it. */
export function unanswered(status: number, message: string): VaultFailure {
  return new VaultFailure(status, `1 error occurred:\n\t* ${message}\n\n`);
}

/** Something went wrong in an engine: 500. */
export function broken(message: string): VaultFailure {
  return unanswered(500, message);
}

export function unsupportedPath(): VaultFailure {
  return unanswered(404, "unsupported path");
}

/** Something that a real Vault does and this one does not. */
export function notDone(what: string): VaultFailure {
  return new VaultFailure(501, `${what} is not part of the embedded Vault`);
}

/** The text of a failure without the router's words around it. */
export function reason(error: unknown): string {
  const text = error instanceof VaultFailure ? error.errors.join("; ") : (error as Error).message;
  return /^1 error occurred:\n\t\* (?<text>.*)\n\n$/s.exec(text)?.groups?.["text"] ?? text;
}
