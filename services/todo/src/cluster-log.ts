import type { Emitter } from "@minicluster/core";
import type { ClusterEvents } from "@minicluster/sdk";
import type { Log } from "./log.ts";

/** The events that are logged as they are, under their own name. Renewals are not: they are the normal course. */
const plain = {
  "credentials.rotated": { level: "info", msg: "another MySQL account is used" },
  "credentials.expired": { level: "warn", msg: "the lease ended; MySQL may go on accepting the account" },
  "credentials.revoked": { level: "info", msg: "a superseded MySQL account is gone" },
  "vault.leader": { level: "info", msg: "Vault is asked at another node" },
  "vault.token": { level: "info", msg: "logged in to Vault" },
  "mysql.address": { level: "info", msg: "MySQL is used at this address" },
} as const satisfies Partial<Record<keyof ClusterEvents, { level: keyof Log; msg: string }>>;

/** Logs what happens in the cluster, a line an event: accessors and lease ids, never what they stand for. */
export function logCluster(events: Emitter<ClusterEvents>, log: Log): void {
  for (const name of Object.keys(plain) as (keyof typeof plain)[]) {
    const { level, msg } = plain[name];
    events.on(name, (event) => log[level]({ event: name, ...event }, msg));
  }
  events.on("warning", ({ message }) => log.warn({ event: "cluster.warning" }, message));
  events.on("health", ({ status, previous, parts }) => {
    const unwell = parts.filter((part) => part.status !== "passing");
    const level = status === "passing" ? "info" : "warn";
    log[level]({ event: `cluster.${status}`, previous, parts: unwell }, `the cluster's parts are ${status}`);
  });
}
