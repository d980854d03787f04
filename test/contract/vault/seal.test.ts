import { randomBytes } from "node:crypto";
import { requireLeg, startEmbeddedVault, startVault, type Vault } from "@minicluster/servers";
import { expect } from "vitest";
import type { BackendOf, Behaviour } from "../behaviour.ts";
import { contract } from "../contract.ts";
import { mask } from "../mask.ts";
import { type AskOptions, ask, type Told } from "./asking.ts";

/** A way to new Vaults, not initialised: each behaviour takes its own. */
interface Fresh {
  start: () => Promise<Vault>;
}

function fresh(
  name: string,
  start: () => Promise<Vault>,
  missing: () => Promise<string | undefined>,
): BackendOf<Fresh> {
  return { name, missing, start: async () => ({ start, [Symbol.asyncDispose]: async () => {} }) };
}

const backends: readonly BackendOf<Fresh>[] = [
  ...(["1.11.0", "1.14.0"] as const).map((version) =>
    fresh(
      version,
      () => startVault({ version, storage: "file" }),
      () => requireLeg(`vault-${version}`),
    ),
  ),
  fresh(
    "embedded",
    () => startEmbeddedVault(),
    async () => undefined,
  ),
];

interface Talk {
  vault: Vault;
  token: string;
  keys: string[];
  say: (what: string, body?: unknown, options?: AskOptions) => Promise<Told>;
}

/** A behaviour of a Vault of its own. */
function alone(name: string, run: (talk: Talk) => Promise<void>): Behaviour<Fresh> {
  return {
    name,
    run: async ({ start }) => {
      await using vault = await start();
      const transcript: unknown[] = [];
      const talk: Talk = {
        vault,
        token: "",
        keys: [],
        say: async (what, body, options) => {
          const told = await ask({ address: vault.address, token: talk.token }, what, body, options);
          transcript.push([what, told.status, plain(told.body)]);
          return told;
        },
      };
      await run(talk);
      return mask(transcript, { [vault.version]: "version" });
    },
  };
}

/** What chance, the build and the storage make different. */
const different = new Set([
  "build_date",
  "storage_type",
  "server_time_utc",
  "cluster_name",
  "keys",
  "keys_base64",
  "root_token",
]);

function plain(body: unknown): unknown {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, different.has(name) ? shape(value) : value]),
  );
}

function shape(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => String(one).length);
  return typeof value;
}

async function initialise(talk: Talk, shares: number, threshold: number): Promise<void> {
  const { body } = await talk.say("PUT sys/init", { secret_shares: shares, secret_threshold: threshold });
  const { keys, root_token } = body as { keys: string[]; root_token: string };
  talk.keys = keys;
  talk.token = root_token;
}

const states = ["GET sys/seal-status", "GET sys/health", "GET sys/init", "GET sys/leader"];

contract({
  title: "Vault: seal",
  backends,
  behaviours: [
    alone("before the initialisation nothing is answered", async ({ say }) => {
      for (const question of states) await say(question);
      for (const question of ["GET sys/mounts", "GET secret/a", "PUT sys/seal", "PUT sys/step-down"])
        await say(question);
      await say("PUT sys/unseal", { key: randomBytes(33).toString("hex") });
    }),
    alone("an initialisation with numbers that make no sense is refused", async ({ say }) => {
      for (const [secret_shares, secret_threshold] of [
        [0, 1],
        [1, 0],
        [2, 1],
        [256, 3],
        [2, 3],
      ]) {
        await say("PUT sys/init", { secret_shares, secret_threshold });
      }
      await say("PUT sys/init", {});
      await say("GET sys/init");
    }),
    alone("is initialised once, with keys of 33 bytes", async (talk) => {
      await initialise(talk, 5, 3);
      for (const question of states) await talk.say(question, undefined, { token: "" });
      await talk.say("PUT sys/init", { secret_shares: 1, secret_threshold: 1 });
      await talk.say("GET sys/mounts");
    }),
    alone("is unsealed key by key, in any form and order", async (talk) => {
      const { say } = talk;
      await initialise(talk, 3, 2);
      const [one = "", two = "", three = ""] = talk.keys;
      await say("PUT sys/unseal", {});
      await say("PUT sys/unseal", { key: "no key" });
      await say("PUT sys/unseal", { key: "abcd" });
      await say("PUT sys/unseal", { key: randomBytes(40).toString("base64") });
      await say("PUT sys/unseal", { key: three });
      await say("PUT sys/unseal", { key: three });
      await say("PUT sys/unseal", { reset: true });
      await say("PUT sys/unseal", { key: Buffer.from(two, "hex").toString("base64") });
      await say("GET sys/seal-status");
      await say("PUT sys/unseal", { key: one });
      await say("PUT sys/unseal", { key: one });
      await say("PUT sys/unseal", { reset: true });
      for (const question of states.slice(0, 3)) await say(question);
    }),
    {
      ...alone("keys of another Vault are refused, and forgotten", async (talk) => {
        await initialise(talk, 3, 2);
        const [one = ""] = talk.keys;
        await talk.say("PUT sys/unseal", { key: one });
        await talk.say("PUT sys/unseal", { key: randomBytes(33).toString("hex") });
        await talk.say("GET sys/seal-status");
      }),
      differs: { "1.14.0": "it answers 400, 1.11.0 500" },
    },
    alone("a seal takes a token that may; what was there is there after the unseal", async (talk) => {
      const { say } = talk;
      await initialise(talk, 1, 1);
      await say("PUT sys/unseal", { key: talk.keys[0] });
      await say("PUT cubbyhole/a", { b: "c" });
      await say("PUT sys/seal", undefined, { token: "nope" });
      await say("PUT sys/seal", undefined, { token: "" });
      await say("GET sys/seal");
      await say("PUT sys/seal");
      for (const question of states) await say(question);
      for (const question of ["GET cubbyhole/a", "GET sys/mounts", "PUT sys/seal", "PUT sys/step-down"])
        await say(question);
      await say("PUT sys/unseal", { key: talk.keys[0] });
      await say("GET cubbyhole/a");
    }),
    alone("is sealed after a restart, and keeps what it knew", async (talk) => {
      const { say, vault } = talk;
      await initialise(talk, 1, 1);
      await say("PUT sys/unseal", { key: talk.keys[0] });
      await say("PUT cubbyhole/a", { b: "c" });
      await vault.kill();
      await vault.restart();
      // A connection that the end cut may still be in fetch's pool.
      await expect.poll(() => fetch(`${vault.address}/v1/sys/init`).then(({ status }) => status)).toBe(200);
      await say("GET sys/seal-status");
      await say("PUT sys/unseal", { key: talk.keys[0] });
      await say("GET cubbyhole/a");
    }),
    alone("health answers the codes that its query names", async (talk) => {
      const { say } = talk;
      await say("GET sys/health?uninitcode=299&sealedcode=298");
      await initialise(talk, 1, 1);
      await say("GET sys/health?uninitcode=299&sealedcode=298");
      await say("PUT sys/unseal", { key: talk.keys[0] });
      await say("GET sys/health?activecode=297&standbyok=true");
      await say("GET sys/health?activecode=x");
      await say("GET sys/health?standbyok=maybe");
      await say("PUT sys/health");
      await say("PUT sys/leader");
      await say("PUT sys/seal-status");
    }),
  ],
});
