import { BlockList, isIP } from "node:net";

/** Whether an address lies within `10.0.0.0/8`, or is that address. */
export function containsAddress(cidr: string, address: string): boolean {
  const [network = "", bits] = cidr.split("/");
  const family = isIP(network);
  if (family === 0 || isIP(address) === 0) return false;
  const type = family === 4 ? "ipv4" : "ipv6";
  const list = new BlockList();
  list.addSubnet(network, bits === undefined ? (family === 4 ? 32 : 128) : Number(bits), type);
  return list.check(address, isIP(address) === 4 ? "ipv4" : "ipv6");
}
