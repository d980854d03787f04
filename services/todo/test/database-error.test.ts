import { expect, it } from "vitest";
import { databaseError } from "../src/database-error.ts";

it.each<[string, object, string, string]>([
  ["refused connection", { code: "ECONNREFUSED", errno: -111 }, "DATABASE_UNAVAILABLE", "DATABASE_UNAVAILABLE"],
  ["refused account", { code: "ER_ACCESS_DENIED_ERROR", errno: 1045 }, "DATABASE_UNAVAILABLE", "DATABASE_UNAVAILABLE"],
  ["missing table", { code: "ER_NO_SUCH_TABLE", errno: 1146 }, "DATABASE_UNAVAILABLE", "DATABASE_UNAVAILABLE"],
  ["deadlock", { errno: 1213 }, "DATABASE_UNAVAILABLE", "DATABASE_UNAVAILABLE"],
  ["read-only server", { errno: 1290 }, "DATABASE_UNAVAILABLE", "DATABASE_UNAVAILABLE"],
  ["lost connection", { code: "PROTOCOL_CONNECTION_LOST" }, "DATABASE_UNAVAILABLE", "OUTCOME_UNKNOWN"],
  ["reset", { code: "ECONNRESET", errno: -104 }, "DATABASE_UNAVAILABLE", "OUTCOME_UNKNOWN"],
  ["statement timeout", { code: "PROTOCOL_SEQUENCE_TIMEOUT" }, "DATABASE_UNAVAILABLE", "OUTCOME_UNKNOWN"],
  ["error without a code", {}, "DATABASE_UNAVAILABLE", "OUTCOME_UNKNOWN"],
  ["failure that was not sent", { code: "ECONNRESET", sent: false }, "DATABASE_UNAVAILABLE", "DATABASE_UNAVAILABLE"],
  ["failure that was sent", { code: "ECONNREFUSED", sent: true }, "DATABASE_UNAVAILABLE", "OUTCOME_UNKNOWN"],
  ["shutdown that says it was sent", { errno: 1053, sent: true }, "DATABASE_UNAVAILABLE", "OUTCOME_UNKNOWN"],
  ["unknown column", { errno: 1054 }, "UNEXPECTED", "UNEXPECTED"],
])("a %s", (_name, facts, read, write) => {
  const thrown = Object.assign(new Error("Access denied for user 'x'"), facts);
  expect([databaseError(thrown, false).code, databaseError(thrown, true).code]).toEqual([read, write]);
  const wrapped = Object.assign(new Error("wrapped", { cause: thrown }));
  expect([databaseError(wrapped, false).code, databaseError(wrapped, true).code]).toEqual([read, write]);
});

it("shows nothing of MySQL's own words, and says when to come back only when nothing was sent", () => {
  const thrown = Object.assign(new Error("Access denied for user 'x'"), { code: "ECONNRESET" });
  expect(databaseError(thrown, true).message).not.toContain("Access");
  expect(databaseError(thrown, true).headers).toEqual({});
  expect(databaseError(thrown, false).headers).toEqual({ "Retry-After": "2" });
});
