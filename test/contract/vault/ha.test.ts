import { Secret } from "@minicluster/core";
import { unseal, type Vault } from "@minicluster/servers";
import { expect } from "vitest";
import type { Behaviour } from "../behaviour.ts";
import { contract } from "../contract.ts";
import { mask } from "../mask.ts";
import { pairs, type VaultPair } from "./cluster-backends.ts";

interface Talk extends VaultPair {
  leader: Vault;
  standby: Vault;
  say: (
    vault: Vault,
    what: string,
    options?: { headers?: Record<string, string>; body?: unknown },
  ) => Promise<Response>;
}

/** A behaviour of two unsealed nodes; whichever leads. It leaves both running and unsealed. */
function pair(name: string, run: (talk: Talk) => Promise<unknown>): Behaviour<VaultPair> {
  return {
    name,
    run: async (backend) => {
      const { first, second, token } = backend;
      const [leader, standby] = (await first.status()) === "active" ? [first, second] : [second, first];
      const transcript: unknown[] = [];
      const say: Talk["say"] = async (vault, what, { headers, body } = {}) => {
        const [method = "GET", path = ""] = what.split(" ");
        const answer = await fetch(`${vault.address}/v1/${path}`, {
          method,
          redirect: "manual",
          headers: { "X-Vault-Token": token, Connection: "close", ...headers },
          ...(body !== undefined && { body: JSON.stringify(body) }),
        });
        const text = await answer.clone().text();
        const who = vault === leader ? "leader" : "standby";
        transcript.push([
          who,
          what,
          answer.status,
          answer.headers.get("location"),
          text === "" ? null : plain(JSON.parse(text)),
        ]);
        return answer;
      };
      await run({ ...backend, leader, standby, say });
      const addresses = { [leader.address]: "leader", [standby.address]: "standby", [leader.version]: "version" };
      return mask(transcript, addresses);
    },
  };
}

/** Among them the replication modes: a standby knows them only once it heard from the leader. */
const chance = new Set([
  "replication_performance_mode",
  "replication_dr_mode",
  "request_id",
  "server_time_utc",
  "cluster_name",
  "leader_cluster_address",
  "build_date",
  "storage_type",
  "accessor",
  "last_wal",
  "creation_time",
]);

function plain(body: unknown): unknown {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, chance.has(name) ? typeof value : plain(value)]),
  );
}

const becomes = (vault: Vault, status: string): Promise<unknown> =>
  expect.poll(() => vault.status(), { timeout: 30_000, interval: 20 }).toBe(status);

contract({
  title: "Vault: two nodes",
  backends: pairs,
  behaviours: [
    pair("one leads, the other stands by", async ({ leader, standby, say }) => {
      for (const vault of [leader, standby]) {
        await say(vault, "GET sys/health");
        await say(vault, "GET sys/leader");
        await say(vault, "GET sys/init");
      }
      await say(standby, "GET sys/health?standbyok=true");
      await say(standby, "GET sys/health?standbycode=299");
    }),
    pair("a standby hands requests on to the leader", async ({ standby, leader, say }) => {
      await say(standby, "PUT cubbyhole/a", { body: { b: "c" } });
      await say(leader, "GET cubbyhole/a");
      await say(standby, "GET cubbyhole/a");
      await say(standby, "GET cubbyhole/nope");
      await say(standby, "GET nope/nope");
      await say(standby, "GET cubbyhole/a", { headers: { "X-Vault-Token": "nope" } });
    }),
    pair("or sends the client there, where that is wanted", async ({ standby, say }) => {
      await say(standby, "GET cubbyhole/a?b=c", { headers: { "X-Vault-No-Request-Forwarding": "1" } });
      await say(standby, "PUT cubbyhole/a", { headers: { "X-Vault-No-Request-Forwarding": "1" }, body: { b: "d" } });
    }),
    pair("a standby can't be sealed through the API", async ({ standby, say }) => {
      await say(standby, "PUT sys/seal");
    }),
    pair("a leader that steps down is followed at once", async ({ leader, standby, say }) => {
      await say(leader, "PUT sys/step-down", { headers: { "X-Vault-Token": "nope" } });
      await say(leader, "PUT sys/step-down");
      await becomes(standby, "active");
      await becomes(leader, "standby");
      await say(standby, "GET sys/leader");
    }),
    pair("a leader that is sealed is followed at once", async ({ leader, standby, key, say }) => {
      await say(leader, "PUT cubbyhole/kept", { body: { b: "c" } });
      await say(leader, "PUT sys/seal");
      await say(leader, "GET sys/health");
      await becomes(standby, "active");
      await say(standby, "GET cubbyhole/kept");
      await unseal({ vault: leader, keys: [new Secret(key)] });
      await say(leader, "GET sys/health");
    }),
    pair("a leader that is stopped is followed at once, and is sealed when it comes back", async (talk) => {
      const { leader, standby, key, say } = talk;
      await leader.stop();
      await becomes(standby, "active");
      await leader.restart();
      await becomes(leader, "sealed");
      await say(leader, "GET sys/health");
      await say(leader, "GET sys/leader");
      await say(leader, "GET cubbyhole/a");
      await unseal({ vault: leader, keys: [new Secret(key)] });
      await becomes(leader, "standby");
      await say(leader, "GET cubbyhole/kept");
    }),
    pair("while the lock of a killed leader lasts, the standby sends clients to it", async (talk) => {
      const { leader, standby, key, say } = talk;
      await leader.kill();
      await say(standby, "GET sys/health");
      await say(standby, "GET sys/leader");
      await say(standby, "GET cubbyhole/kept");
      await leader.restart();
      await unseal({ vault: leader, keys: [new Secret(key)] });
    }),
  ],
});
