import { isIP } from "node:net";
import type { ServiceAddress } from "./catalog-entry.ts";
import { ConsulFailure } from "./failure.ts";

/** Whether an address means any of the machine's own: nobody can be reached by it. */
export function isAnyAddress(address: string): boolean {
  return address === "0.0.0.0" || address === "::" || address === "[::]";
}

const families: Readonly<Record<string, 4 | 6>> = { lan_ipv4: 4, wan_ipv4: 4, lan_ipv6: 6 };

/**
 * The tagged addresses of a service: those it was given, and its own by its family.
 *
 * @throws ConsulFailure 500 for one that is not of the family that its name says
 */
export function taggedAddresses(
  address: string,
  port: number,
  given: Readonly<Record<string, ServiceAddress>> | undefined,
): Readonly<Record<string, ServiceAddress>> | undefined {
  for (const [tag, family] of Object.entries(families)) {
    const { Address } = (given && Object.hasOwn(given, tag) && given[tag]) || { Address: undefined };
    if (Address === undefined || isIP(Address) === family) continue;
    throw new ConsulFailure(500, `Service tagged address "${tag}" must be a valid ipv${family} address`);
  }
  const family = isIP(address);
  const own = { Address: address, Port: port };
  const all = { ...(family > 0 && { [`lan_ipv${family}`]: own, [`wan_ipv${family}`]: own }), ...given };
  return Object.keys(all).length === 0
    ? undefined
    : Object.fromEntries(Object.entries(all).sort(([one], [other]) => (one < other ? -1 : 1)));
}
