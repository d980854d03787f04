import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { ServersError } from "./errors.ts";

/** A program on PATH, or undefined. Server packages put theirs into sbin, which a user's PATH may lack. */
export function onPath(name: string, env: NodeJS.ProcessEnv = process.env): string | undefined {
  const places = [...(env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  return places
    .filter((place) => place !== "")
    .map((place) => join(place, name))
    .find(isExecutable);
}

/** The program that a variable such as MINICLUSTER_VAULT_BIN names. @throws ServersError `BINARY_MISSING` when it names none */
export function fromVariable(variable: string): string | undefined {
  const path = process.env[variable];
  if (!path) return undefined;
  if (isExecutable(path)) return path;
  throw new ServersError("BINARY_MISSING", `${variable}=${path} is not a program: correct it or unset it`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
