/** Statements whose privileges are all checked before anything runs; calls of routines are not among them. */
const verbs =
  /^[\s(]*(select|insert|replace|update|delete|with|values|table|create|alter|drop|truncate|rename|show|describe|desc)\b/i;

/** Whether a statement that MySQL denied may be run once more: one statement, no routine, nothing streamed to the server. */
export function replayable(sql: unknown, multipleStatements: boolean): boolean {
  const text = typeof sql === "string" ? sql : (sql as { sql?: unknown } | undefined)?.sql;
  if (typeof text !== "string" || !verbs.test(text)) return false;
  return !multipleStatements || !text.replace(/;\s*$/, "").includes(";");
}
