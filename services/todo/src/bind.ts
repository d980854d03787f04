import { isIP } from "node:net";

/** Where to listen; without a host, on every address. */
export interface Bind {
  host: string;
  port: number;
}

const pattern = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9A-Za-z.-]*)):([0-9]{1,5})$/;

/**
 * `ADDRESS:PORT`, as in `127.0.0.1:8080`, `:8080`, `[::1]:8080`, `localhost:8080`. Port 0 takes a free one.
 *
 * @returns undefined when it is not one
 */
export function parseBind(text: string): Bind | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [, ipv6, other = "", digits] = match;
  const port = Number(digits);
  const host = ipv6 ?? (other || "0.0.0.0");
  const known = ipv6 === undefined ? isIP(host) === 4 || host === "localhost" : isIP(host) === 6;
  return known && port <= 65_535 ? { host, port } : undefined;
}

/** The address to announce: none for a wildcard, since the agent knows its node's own. */
export function announcedAddress(address: string): string | undefined {
  return address === "0.0.0.0" || address === "::" ? undefined : address;
}
