const counters = new Set(["CreateIndex", "ModifyIndex", "index", "LTime"]);

/**
 * A transcript whose indexes are told by their order alone: the lowest is "#1". Which were equal and which came later
 * stays; how many changes there were before does not.
 */
export function ranks<T>(transcript: T): T {
  const seen = new Set<number>();
  walk(transcript, (value) => {
    seen.add(value);
    return value;
  });
  const order = [...seen].sort((one, other) => one - other);
  return walk(transcript, (value) => `#${order.indexOf(value) + 1}`) as T;
}

function walk(value: unknown, visit: (value: number) => unknown): unknown {
  if (Array.isArray(value)) return value.map((element) => walk(element, visit));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      counters.has(key) && typeof inner === "number" && inner > 0 ? visit(inner) : walk(inner, visit),
    ]),
  );
}
