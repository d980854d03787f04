import { runCommand } from "./command.ts";
import { ServersError } from "./errors.ts";

const found = new Map<string, Promise<string>>();

/** The first x.y.z that `PROGRAM ARGUMENT` prints; asked once a process. @throws ServersError `BINARY_MISSING` */
export function versionOf(path: string, argument: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const known = found.get(path);
  if (known) return known;
  const asked = runCommand({ command: path, args: [argument], env: { ...process.env, ...env } }).then((text) => {
    const version = /\d+\.\d+\.\d+/.exec(text)?.[0];
    if (version) return version;
    throw new ServersError("BINARY_MISSING", `${path} ${argument} names no version: is it the right program?`);
  });
  found.set(path, asked);
  asked.catch(() => found.delete(path));
  return asked;
}
