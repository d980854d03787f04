import { Secret } from "@minicluster/core";
import {
  type Consul,
  requireLeg,
  startConsul,
  startEmbeddedVault,
  startUnsealedVault,
  unseal,
  type Vault,
} from "@minicluster/servers";
import { expect } from "vitest";
import type { BackendOf, Behaviour } from "../behaviour.ts";
import { contract } from "../contract.ts";
import { ask } from "./asking.ts";

interface Registered {
  vault: Vault;
  consul: Consul;
  token: string;
  key: string;
}

async function startReal(version: "1.11.0" | "1.14.0"): Promise<Registered & AsyncDisposable> {
  const consul = await startConsul();
  const { vault, rootToken, keys } = await startUnsealedVault({ version, storage: consul });
  return disposable({ vault, consul, token: rootToken.reveal(), key: keys[0]?.reveal() ?? "" });
}

async function startEmbedded(): Promise<Registered & AsyncDisposable> {
  const consul = await startConsul();
  const vault = await startEmbeddedVault({ registration: consul });
  const made = await ask({ address: vault.address, token: "" }, "PUT sys/init", {
    secret_shares: 1,
    secret_threshold: 1,
  });
  const { keys_base64, root_token } = made.body as { keys_base64: [string]; root_token: string };
  await unseal({ vault, keys: [new Secret(keys_base64[0])] });
  return disposable({ vault, consul, token: root_token, key: keys_base64[0] });
}

function disposable(of: Registered): Registered & AsyncDisposable {
  const close = async (): Promise<void> => {
    await of.vault.close();
    await of.consul.close();
  };
  return { ...of, [Symbol.asyncDispose]: close };
}

const backends: readonly BackendOf<Registered>[] = [
  ...(["1.11.0", "1.14.0"] as const).map((version) => ({
    name: version,
    missing: async (): Promise<string | undefined> =>
      (await requireLeg("consul")) ?? (await requireLeg(`vault-${version}`)),
    start: () => startReal(version),
  })),
  { name: "embedded", missing: () => requireLeg("consul"), start: startEmbedded },
];

interface Entry {
  Service: { ID: string; Service: string; Tags: string[]; Address: string; Port: number };
  Checks: { CheckID: string; Name: string; Status: string; Type: string; Output: string }[];
}

/** What Consul knows of the service, once `until` holds of it. */
async function known({ consul, vault }: Registered, until: (entry: Entry | undefined) => boolean): Promise<unknown> {
  let entries: Entry[] = [];
  const look = async (): Promise<boolean> => {
    entries = (await (await fetch(`${consul.address}/v1/health/service/vault`)).json()) as Entry[];
    return until(entries[0]);
  };
  await expect.poll(look, { timeout: 15_000, interval: 50 }).toBe(true);
  const { host, port } = new URL(vault.address);
  const text = JSON.stringify(
    entries.map(({ Service: { ID, Service, Tags, Address, Port }, Checks }) => ({
      service: { ID, Service, Tags, Address, Port },
      checks: Checks.filter(({ CheckID }) => CheckID !== "serfHealth").map(
        ({ CheckID, Name, Status, Type, Output }) => ({
          CheckID,
          Name,
          Status,
          Type,
          Output,
        }),
      ),
    })),
  );
  return JSON.parse(text.replaceAll(host, "<host>").replaceAll(port, "1")) as unknown;
}

const state = (entry: Entry | undefined): string | undefined =>
  entry?.Checks.find(({ CheckID }) => CheckID !== "serfHealth")?.Status;

const behaviours: readonly Behaviour<Registered>[] = [
  {
    name: "an active node has the tag active, and passes",
    run: (backend) => known(backend, (entry) => state(entry) === "passing" && entry?.Service.Tags[0] === "active"),
  },
  {
    name: "a sealed node is critical; its tag is gone",
    run: async (backend) => {
      const { vault, token, key } = backend;
      await ask({ address: vault.address, token }, "PUT sys/seal");
      const sealed = await known(backend, (entry) => state(entry) === "critical");
      await unseal({ vault, keys: [new Secret(key)] });
      const open = await known(backend, (entry) => state(entry) === "passing" && entry?.Service.Tags[0] === "active");
      return { sealed, open };
    },
  },
  {
    name: "a node that is stopped leaves",
    run: async (backend) => {
      await backend.vault.stop();
      return await known(backend, (entry) => entry === undefined);
    },
  },
];

contract({ title: "Vault: registration in Consul", backends, behaviours });
