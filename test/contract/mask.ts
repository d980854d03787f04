/** Kinds of values that differ by chance, and what stands for them in a transcript. The first that fits is taken. */
const kinds: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ["wrapped", /\b(?:hvs|s)\.[A-Za-z0-9_-]{20,}\b/g],
  ["uuid", /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g],
  ["hmac", /hmac-sha256:[0-9a-f]{64}/g],
  ["time", /\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g],
  ["address", /\b127\.\d+\.\d+\.\d+:\d+\b/g],
];

/**
 * A transcript without what differs by chance: ids, times and addresses become `<kind 1>`, `<kind 2>`, numbered by their
 * first appearance, so that two that were equal stay equal.
 *
 * @param own more of them: a text that this run made up, and the name it gets
 */
export function mask<T>(transcript: T, own: Readonly<Record<string, string>> = {}): T {
  const names = new Map<string, string>();
  const counts = new Map<string, number>();
  let text = JSON.stringify(transcript);
  for (const [value, name] of Object.entries(own)) text = text.replaceAll(value, `<${name}>`);
  for (const [kind, pattern] of kinds) {
    text = text.replace(pattern, (found) => {
      const known = names.get(found);
      if (known) return known;
      const number = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, number);
      names.set(found, `<${kind} ${number}>`);
      return `<${kind} ${number}>`;
    });
  }
  return JSON.parse(text) as T;
}
