const mostPairs = 64;
const longestKey = 128;
const longestValue = 512;

/** What is wrong with the metadata of a service, in Consul's words; undefined when nothing is. */
export function metaFault(meta: Readonly<Record<string, string>> | null | undefined): string | undefined {
  const pairs = Object.entries(meta ?? {});
  if (pairs.length > mostPairs) return `Node metadata cannot contain more than ${mostPairs} key/value pairs`;
  for (const [key, value] of pairs) {
    const fault = pairFault(key, value);
    if (fault) return `Couldn't load metadata pair ('${key}', '${value}'): ${fault}`;
  }
  return undefined;
}

function pairFault(key: string, value: string): string | undefined {
  if (key === "") return "Key cannot be blank";
  if (!/^[a-zA-Z0-9_-]+$/.test(key)) return "Key contains invalid characters";
  if (key.length > longestKey) return `Key is too long (limit: ${longestKey} characters)`;
  if (key.startsWith("consul-")) return "Key prefix 'consul-' is reserved for internal use";
  if (Buffer.byteLength(value) > longestValue) return `Value is too long (limit: ${longestValue} characters)`;
  return undefined;
}
