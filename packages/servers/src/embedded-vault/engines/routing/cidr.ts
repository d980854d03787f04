import { BlockList, isIP } from "node:net";
import { broken, refused } from "./refusals.ts";

interface Cidr {
  address: string;
  bits: number;
  family: "ipv4" | "ipv6";
}

function parse(block: string): Cidr | undefined {
  const [address = "", length = "", ...rest] = block.split("/");
  const version = isIP(address);
  const bits = Number(length);
  if (!version || rest.length || !/^\d+$/.test(length) || bits > (version === 4 ? 32 : 128)) return undefined;
  return { address, bits, family: version === 4 ? "ipv4" : "ipv6" };
}

/** @throws VaultFailure 500 naming the first that is not `address/bits` */
export function mustBeCidrs(blocks: readonly string[], what: string): void {
  const bad = blocks.find((block) => !parse(block.trim()));
  if (bad !== undefined) throw broken(`${what}invalid CIDR address: ${bad}`);
}

/** @throws VaultFailure 400 naming the first that is neither `address/bits` nor an address */
export function mustBeAddresses(blocks: readonly string[]): void {
  const bad = blocks.find((block) => !parse(block) && !isIP(block));
  if (bad === undefined) return;
  const shown = JSON.stringify(bad);
  throw refused(
    `error parsing address ${shown}: Unable to convert ${shown} to an IPv4 or IPv6 address, or a UNIX Socket`,
  );
}

/** Whether an address lies in one of the blocks. */
export function within(address: string, blocks: readonly string[]): boolean {
  return blocks.some((block) => contains(block, address));
}

/** Whether each of the blocks lies in one of the wider ones. */
export function covers(wider: readonly string[], blocks: readonly string[]): boolean {
  return blocks.every((block) => {
    const narrow = parse(block);
    return (
      narrow !== undefined &&
      wider.some(
        (wide) => (parse(wide)?.bits ?? Number.POSITIVE_INFINITY) <= narrow.bits && contains(wide, narrow.address),
      )
    );
  });
}

function contains(block: string, address: string): boolean {
  const cidr = parse(block);
  const version = isIP(address);
  if (!cidr || !version) return false;
  const list = new BlockList();
  list.addSubnet(cidr.address, cidr.bits, cidr.family);
  return list.check(address, version === 4 ? "ipv4" : "ipv6");
}
