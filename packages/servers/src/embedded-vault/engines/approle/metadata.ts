import { refused } from "../routing/refusals.ts";

/**
 * A secret-id's metadata: a JSON object as text, perhaps in base64, or `key=value,key=value`.
 *
 * @throws VaultFailure 400
 */
export function parsedMetadata(input: string): Record<string, string> {
  const text = input.trim();
  if (!text) return {};
  const parsed = asJson(decoded(text)) ?? asPairs(decoded(text));
  const empty = Object.entries(parsed).find(([key, value]) => key && !value);
  if (empty) throw refused(`failed to parse metadata: invalid value for key ${JSON.stringify(empty[0])}`);
  return parsed;
}

function decoded(text: string): string {
  const canonical = Buffer.from(text, "base64");
  return canonical.toString("base64") === text ? canonical.toString() : text;
}

function asJson(text: string): Record<string, string> | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return undefined;
    return Object.values(parsed).every((value) => typeof value === "string")
      ? (parsed as Record<string, string>)
      : undefined;
  } catch {
    return undefined;
  }
}

function asPairs(text: string): Record<string, string> {
  const pairs = text
    .toLowerCase()
    .split(",")
    .map((pair) => pair.trim())
    .filter(Boolean)
    .sort()
    .map((pair) => pair.split("=").map((side) => side.trim()));
  const invalid = "failed to parse metadata: failed to parse the input: invalid <key,value>";
  const result: Record<string, string> = {};
  for (const [key, value, ...more] of pairs) {
    if (value === undefined || more.length) throw refused(`${invalid} format`);
    if (!key || !value) {
      throw refused(`${invalid} pair: key: ${JSON.stringify(key)} value: ${JSON.stringify(value)}`);
    }
    result[key] = value;
  }
  return result;
}
