import { usageError } from "./error.ts";

/** `host:port` or `[address]:port`; undefined for undefined. @throws CliError `CLI_USAGE` naming the option */
export function parseAddress(option: string, text: string | undefined): { host: string; port: number } | undefined {
  if (text === undefined) return undefined;
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9_.-]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host !== undefined && port >= 1 && port <= 65_535) return { host, port };
  throw usageError(`${option}: ${JSON.stringify(text)} is not an address; write host:port`);
}
