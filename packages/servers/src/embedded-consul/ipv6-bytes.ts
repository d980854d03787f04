/** The 16 bytes of an IPv6 address as it is written, `fd00::1` (RFC 4291 section 2.2). */
export function ipv6Bytes(address: string): Buffer {
  const [plain = ""] = address.split("%", 1);
  const text = plain.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...four: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = four.slice(0, 4).map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [before = [], after = []] = text.split("::").map((half) => half.split(":").filter((group) => group !== ""));
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  const bytes = Buffer.alloc(16);
  for (const [at, group] of [...before, ...zeros, ...after].entries()) {
    bytes.writeUInt16BE(Number.parseInt(group, 16), at * 2);
  }
  return bytes;
}

/** As it is written in hex, without a colon: how Consul names an address. */
export function addressHex(address: string): string {
  if (address.includes(":")) return ipv6Bytes(address).toString("hex");
  return Buffer.from(address.split(".").map(Number)).toString("hex");
}
