import { createHash } from "node:crypto";
import { ManualClock } from "@minicluster/core/testing";
import { type EmbeddedVaultStorage, embeddedVaultStorage, startEmbeddedVault, type Vault } from "@minicluster/servers";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EngineContext } from "../../src/embedded-vault/engine.ts";
import { authMethods, type EngineLoader, secretsEngines } from "../../src/embedded-vault/engines/engine-makers.ts";
import type { RoutedEngine } from "../../src/embedded-vault/engines/routing/routed-engine.ts";
import { ownRoutes } from "../../src/embedded-vault/seal-routes.ts";
import { sysRoutes } from "../../src/embedded-vault/sys/sys-backend.ts";
import { tokenRoutes } from "../../src/embedded-vault/token-backend.ts";
import type { Folder } from "../../src/embedded-vault/vault-storage.ts";
import { requestsEach, send, wildQuery, wildRequests } from "./wild-request.ts";

interface Place {
  title: string;
  path: fc.Arbitrary<string>;
  names: readonly string[];
}

const common = ["ttl", "max_ttl", "policies", "token", "id", "key", "path", "paths", "lease_id", "increment", "type"];
const rest = [
  "config",
  "options",
  "policy",
  "secret_shares",
  "secret_threshold",
  "reset",
  "num_uses",
  "sync",
  "accessor",
];

/** Paths that a pattern takes, encoded for a first line. */
function like(pattern: RegExp, before: string): fc.Arbitrary<string> {
  const unnamed = new RegExp(pattern.source.replace(/\(\?<\w+>/g, "("), pattern.flags);
  return fc
    .stringMatching(unnamed, { size: "xsmall" })
    .map((path) => before + encodeURIComponent(path).replaceAll("%2F", "/"));
}

async function engineRoutes(load: EngineLoader): Promise<RoutedEngine["routes"]> {
  const maker = await load();
  const nothing = { get: async () => undefined, put: async () => {}, delete: async () => {}, list: async () => [] };
  const context = { storage: nothing, clock: new ManualClock(), random: Buffer.alloc, mountPath: "x/" };
  return (maker(context as unknown as EngineContext, {}) as RoutedEngine).routes;
}

const engines = [
  ...Object.entries(secretsEngines).map(([type, load]) => ({ type, mount: `${type}/`, load })),
  ...Object.entries(authMethods).map(([type, load]) => ({ type, mount: `auth/${type}/`, load })),
];
const ofEngines = await Promise.all(
  engines.map(async ({ mount, load }): Promise<Place[]> => {
    const routes = await engineRoutes(load);
    return routes.map(({ path, fields }) => ({
      title: `${mount}${path.source}`,
      path: like(path, `/v1/${mount}`),
      names: Object.keys(fields),
    }));
  }),
);

const places: readonly Place[] = [
  ...Object.keys(ownRoutes).map((path) => ({ title: path, path: fc.constant(path), names: [] })),
  ...sysRoutes.map(({ path }) => ({ title: `sys/${path.source}`, path: like(path, "/v1/sys/"), names: [] })),
  ...[...tokenRoutes.keys()].map((path) => ({ title: path, path: fc.constant(`/v1/auth/token/${path}`), names: [] })),
  ...["cubbyhole/x", "identity/entity", "nothing/here"].map((path) => ({
    title: path,
    path: fc.constant(`/v1/${path}`),
    names: [],
  })),
  ...ofEngines.flat(),
];

const query = wildQuery({
  list: ["true", "x"],
  help: ["1"],
  standbyok: ["true", "x"],
  sealedcode: ["299", "x", "99"],
  version: ["1", "-1", "x"],
});

/** A Vault with every engine mounted, in which nothing happens by itself. */
class Subject implements AsyncDisposable {
  readonly storage: EmbeddedVaultStorage = embeddedVaultStorage();
  readonly vault: Vault;
  token = "";

  private constructor(vault: Vault, storage: EmbeddedVaultStorage) {
    this.vault = vault;
    this.storage = storage;
  }

  static async start(): Promise<Subject> {
    const storage = embeddedVaultStorage();
    const subject = new Subject(await startEmbeddedVault({ clock: new ManualClock(), storage }), storage);
    const made = await subject.#write("sys/init", { secret_shares: 1, secret_threshold: 1 });
    subject.token = made.root_token;
    await subject.#write("sys/unseal", { key: made.keys[0] });
    for (const { type, mount } of engines) {
      const [, version] = /^kv-(\d)$/.exec(type) ?? [];
      const body = version ? { type: "kv", options: { version } } : { type };
      await subject.#write(mount.startsWith("auth/") ? `sys/${mount}` : `sys/mounts/${mount}`, body);
    }
    return subject;
  }

  /** All that is stored. A folder without anything in it is nothing; salts are made when first needed, for a refusal too. */
  look(): string {
    const hash = createHash("sha256");
    const add = ({ values, folders }: Folder, way: string): void => {
      for (const [name, value] of [...values].sort()) hash.update(`${way}${name}`).update(value);
      for (const [name, folder] of [...folders].sort()) if (name !== "salt") add(folder, `${way}${name}/`);
    };
    add(this.storage.root, "/");
    return hash.digest("hex");
  }

  /** Whether it still takes its root token. */
  async open(): Promise<boolean> {
    const headers = { "X-Vault-Token": this.token };
    return (await fetch(`${this.vault.address}/v1/auth/token/lookup-self`, { headers })).ok;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.vault.close();
  }

  // biome-ignore lint/suspicious/noExplicitAny: what Vault answers
  async #write(path: string, body: unknown): Promise<any> {
    const headers = { "X-Vault-Token": this.token };
    const init = { method: "PUT", headers, body: JSON.stringify(body) };
    const answer = await fetch(`${this.vault.address}/v1/${path.replace(/\/$/, "")}`, init);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? undefined : await answer.json();
  }
}

describe("whatever an embedded Vault is asked", () => {
  let subject: Subject;

  beforeAll(async () => {
    subject = await Subject.start();
  });
  afterAll(() => subject?.[Symbol.asyncDispose]());

  test.each(places)("$title answers, and changes nothing where it refuses", async ({ path, names }) => {
    const headers = fc.oneof(
      { weight: 8, arbitrary: fc.constant("root") },
      fc.constantFrom<Record<string, string>>({}, { "X-Vault-Token": "s.none" }, { "X-Vault-Wrap-TTL": "x" }),
    );
    const marked = headers.map((given) => (given === "root" ? { "X-Root": "1" } : given));
    const methods = ["GET", "PUT", "POST", "DELETE", "LIST"];
    const place = { methods, path, names: [...common, ...rest, ...names], query, headers: marked };
    let before = subject.look();
    const ask = async (request: Parameters<typeof send>[1]): Promise<void> => {
      const given = request.headers["X-Root"] ? { "X-Vault-Token": subject.token } : request.headers;
      const { status, text } = await send(subject.vault.address, { ...request, headers: given });
      const after = subject.look();
      expect(text).not.toContain("internal error");
      const unchanged = after === before;
      // Before it can fail: the smaller requests that are tried then start from here.
      before = after;
      if (status === undefined || status >= 400) expect(unchanged, `status ${status}`).toBe(true);
      // Sealing, and revoking the root token, are what some places are for.
      if (await subject.open()) return;
      expect(status).toBeLessThan(400);
      await subject[Symbol.asyncDispose]();
      subject = await Subject.start();
      before = subject.look();
    };
    await fc.assert(fc.asyncProperty(wildRequests(place), ask), { numRuns: requestsEach(places.length) });
  });
});
