import { Emitter } from "@minicluster/core";
import type { ClusterEvents } from "@minicluster/sdk";
import { expect, it } from "vitest";
import { logCluster } from "../src/cluster-log.ts";
import { createLog, describeError } from "../src/log.ts";

/** The lines that `during` writes, as text. */
function linesOf(during: (events: Emitter<ClusterEvents>) => void): string[] {
  const lines: string[] = [];
  const events = new Emitter<ClusterEvents>("test");
  logCluster(events, createLog({ write: (line) => void lines.push(line) }));
  during(events);
  return lines;
}

it("logs an event of the cluster under its own name, no key twice", () => {
  const lines = linesOf((events) => {
    events.emit("credentials.rotated", { path: "mysql/creds/todo", id: "b", previous: "a", reason: "due" });
    events.emit("mysql.address", { service: "mysql", host: "10.0.0.7", port: 3306 });
    events.emit("vault.leader", { address: "http://10.0.0.1:8200", previous: undefined });
    events.emit("warning", { message: "add this line" });
  });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: "info", name: "todo", event: "credentials.rotated", path: "mysql/creds/todo", id: "b", previous: "a" },
    { level: "info", name: "todo", event: "mysql.address", service: "mysql", host: "10.0.0.7", port: 3306 },
    { level: "info", name: "todo", event: "vault.leader", address: "http://10.0.0.1:8200" },
    { level: "warn", event: "cluster.warning", msg: "add this line" },
  ]);
  for (const line of lines) {
    const keys = [...line.matchAll(/"(\w+)":/g)].map((match) => match[1]);
    expect(new Set(keys).size, line).toBe(keys.length);
  }
});

it("names the parts that are unwell, and says when all are well again", () => {
  const vault = { name: "vault", status: "degraded", reason: "no node answers" } as const;
  const mysql = { name: "mysql:todo", status: "passing" } as const;
  const lines = linesOf((events) => {
    events.emit("health", { status: "degraded", previous: "passing", parts: [vault, mysql] });
    events.emit("health", { status: "passing", previous: "degraded", parts: [{ ...vault, status: "passing" }, mysql] });
  });
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: "warn", event: "cluster.degraded", previous: "passing", parts: [vault] },
    { level: "info", event: "cluster.passing", previous: "degraded", parts: [] },
  ]);
});

it("keeps renewals out of the log: they are the normal course", () => {
  expect(linesOf((events) => events.emit("credentials.renewed", { path: "p", id: "a", lifeMs: 1 }))).toEqual([]);
});

it("describes an error by its words and codes, never by its other properties", () => {
  const cause = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", config: { token: "hvs.x" } });
  const error = Object.assign(new Error("away", { cause }), { sql: "INSERT INTO todo VALUES ('private')", code: 7 });
  const described = JSON.stringify(describeError(error));
  expect(described).not.toMatch(/hvs|private/);
  expect(describeError(error)).toEqual({
    ...{ name: "Error", code: undefined, message: "away" },
    cause: { name: "Error", code: "ECONNREFUSED", message: "connect ECONNREFUSED", cause: undefined },
  });
  expect(describeError("text")).toMatchObject({ name: "string", message: "text" });
});
