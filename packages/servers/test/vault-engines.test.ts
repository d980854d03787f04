import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { ManualClock } from "@minicluster/core/testing";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Gate } from "../src/embedded/gate.ts";
import { Barrier } from "../src/embedded-vault/barrier.ts";
import type { Engine, EngineAnswer, Operation } from "../src/embedded-vault/engine.ts";
import { engineClock } from "../src/embedded-vault/engine-clock.ts";
import { authMethods, secretsEngines } from "../src/embedded-vault/engines/engine-makers.ts";
import { VaultFailure } from "../src/embedded-vault/failure.ts";
import { emptyFolder } from "../src/embedded-vault/vault-storage.ts";

const loaders = { ...secretsEngines, ...authMethods };
const hourMs = 3_600_000;

/** An engine on a storage of its own. */
async function made(type: string, clock = new ManualClock()): Promise<Engine> {
  const make = await loaders[type]?.();
  if (!make) throw new Error(`no ${type}`);
  const storage = new Barrier(emptyFolder(), randomBytes(32));
  const [defaultTtlMs, maxTtlMs] = [768 * hourMs, 768 * hourMs];
  return make({ storage, clock, defaultTtlMs, maxTtlMs, random: randomBytes, mountPath: "at/" }, {});
}

function asked(
  engine: Engine,
  operation: Operation,
  path: string,
  data: Record<string, unknown> = {},
): Promise<EngineAnswer | undefined> {
  return engine.handle({ operation, path, fullPath: `at/${path}`, data, remoteAddress: "127.0.0.1" });
}

test.each([
  ["database", "config/my", { plugin_name: "postgresql-database-plugin", connection_url: "x" }],
  ["database", "config/my", { plugin_name: "mysql-database-plugin", password_policy: "x" }],
  ["database", "config/my", { plugin_name: "mysql-database-plugin", username_template: "x" }],
  ["database", "config/my", { plugin_name: "mysql-database-plugin", tls_ca: "x" }],
  ["database", "roles/one", { db_name: "my", credential_type: "rsa_private_key" }],
  ["database", "roles/one", { db_name: "my", credential_config: { a: "b" } }],
  ["approle", "role/one", { token_type: "batch" }],
  ["approle", "role/one", { token_explicit_max_ttl: "1h" }],
  ["approle", "role/one", { token_no_default_policy: true }],
  ["approle", "role/one", { local_secret_ids: true }],
  ["approle", "role/one", { period: "1h" }],
  ["approle", "role/one", { bound_cidr_list: "10.0.0.0/8" }],
  ["approle", "role/one/token-ttl", { token_ttl: "1h" }],
  ["approle", "tidy/secret-id", {}],
  ["kv-2", "subkeys/a", {}],
])("%s says by name what it does not do: %s %o", async (type, path, data) => {
  const engine = await made(type);
  const failure = await asked(engine, "update", path, data).catch((error: unknown) => error);
  expect(failure).toMatchObject({ status: 501, message: expect.stringMatching(/ is not part of the embedded Vault$/) });
  await engine.close?.();
});

test("a closed database engine leaves no timer", async () => {
  const clock = new ManualClock();
  const engine = await made("database", clock);
  await clock.advance(60_000);
  expect(clock.pending).toBe(1);
  await engine.close?.();
  expect(clock.pending).toBe(0);
});

describe("a MySQL that takes connections and says nothing", () => {
  let silent: Server;
  let sockets: Socket[];
  let url: string;

  beforeEach(async () => {
    sockets = [];
    silent = createServer((socket) => {
      socket.on("error", () => {});
      sockets.push(socket);
    });
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    url = `a:b@tcp(127.0.0.1:${(silent.address() as AddressInfo).port})/`;
  });

  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  const writes = [
    ["database", "config/my", { plugin_name: "mysql-database-plugin" }],
    ["mysql", "config/connection", {}],
  ] as const;

  test.each(writes)("does not keep a %s engine that is closed", async (type, path, data) => {
    const clock = new ManualClock();
    const engine = await made(type, clock);
    const writing = asked(engine, "update", path, { ...data, connection_url: url });
    const refused = expect(writing).rejects.toThrow("sql: database is closed");
    await once(silent, "connection");
    await engine.close?.();
    await refused;
    await Promise.all(sockets.map((socket) => once(socket.resume(), "close")));
    expect(clock.pending).toBe(0);
  });

  test.each(writes)("is given up by %s after 90 s, as a real Vault gives up a request", async (type, path, data) => {
    const clock = new ManualClock();
    const engine = await made(type, clock);
    const writing = asked(engine, "update", path, { ...data, connection_url: url });
    const refused = expect(writing).rejects.toMatchObject({ status: 400 });
    await once(silent, "connection");
    await clock.advance(90_000);
    await refused;
    await engine.close?.();
  });
});

/** Words that paths are made of, and some that objects have by nature. */
const word = fc.constantFrom(
  ..."config connection lease roles creds static-roles static-creds rotate-role rotate-root reset data metadata".split(
    " ",
  ),
  ..."delete undelete destroy role role-id secret-id lookup secret-id-accessor custom-secret-id login map".split(" "),
  ..."app-id user-id one two constructor __proto__ toString a.b -x".split(" "),
);
const field = fc.constantFrom(
  ..."plugin_name connection_url db_name creation_statements default_ttl allowed_roles username rotation_period".split(
    " ",
  ),
  ..."data options versions max_versions delete_version_after custom_metadata cas_required sql lease lease_max".split(
    " ",
  ),
  ..."role_id secret_id secret_id_ttl token_ttl token_policies token_bound_cidrs metadata cidr_list value".split(" "),
  ..."app_id user_id cidr_block verify_connection constructor __proto__".split(" "),
);
const value = fc.oneof(
  fc.constantFrom(
    "one",
    "my",
    "mysql-database-plugin",
    "a:b@tcp(127.0.0.1:1)/",
    "1h",
    "-1s",
    "10.0.0.0/8",
    "constructor",
  ),
  fc.jsonValue(),
);
const data = fc
  .array(fc.tuple(field, value), { maxLength: 5 })
  .map(
    (entries) =>
      JSON.parse(`{${entries.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join()}}`) as Record<
        string,
        unknown
      >,
  );
const request = fc.record({
  operation: fc.constantFrom<Operation>("read", "list", "create", "update", "delete"),
  path: fc.array(word, { maxLength: 4 }).map((words) => words.join("/")),
  data,
});

test.each(Object.keys(loaders))("%s answers or refuses, whatever it is asked", async (type) => {
  const engine = await made(type);
  const runs = fc.asyncProperty(request, async ({ operation, path, data: sent }) => {
    await engine.exists?.(path).catch(expectFailure);
    const answer = await asked(engine, operation, path, sent).catch(expectFailure);
    JSON.stringify(answer);
  });
  await fc.assert(runs, { numRuns: 2_000 });
  await engine.close?.();
});

function expectFailure(error: unknown): undefined {
  if (error instanceof VaultFailure && error.status >= 400 && error.status < 600) return undefined;
  throw error;
}

test("nothing of an engine happens while its server is paused", async () => {
  const [clock, gate] = [new ManualClock(), new Gate()];
  const paused = engineClock(clock, gate);
  const rung: string[] = [];
  paused.after(1_000, () => rung.push("first"));
  const cancel = paused.after(1_000, () => rung.push("cancelled"));
  gate.close();
  await clock.advance(5_000);
  expect(rung).toEqual([]);
  cancel();
  gate.open();
  await clock.advance(0);
  expect(rung).toEqual(["first"]);
});
