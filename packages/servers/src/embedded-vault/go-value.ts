/** How Vault's messages print a JSON value: `map[a:1]`, `[a b]`, `<nil>`. */
export function goValue(value: unknown): string {
  if (value === null || value === undefined) return "<nil>";
  if (Array.isArray(value)) return `[${value.map(goValue).join(" ")}]`;
  if (typeof value === "object") {
    const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
    return `map[${entries.map(([key, inner]) => `${key}:${goValue(inner)}`).join(" ")}]`;
  }
  return String(value);
}

/** What Vault's messages call the type of a JSON value. */
export function goType(value: unknown): string {
  if (Array.isArray(value)) return "[]interface {}";
  if (typeof value === "object") return "map[string]interface {}";
  return { number: "json.Number", boolean: "bool" }[typeof value as "number" | "boolean"] ?? "string";
}
