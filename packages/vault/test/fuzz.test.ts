import { inspect } from "node:util";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { account, leaseGrant, parseJson, tokenGrant } from "../src/answer.ts";
import { appId } from "../src/app-id.ts";
import { appRole } from "../src/app-role.ts";
import type { AuthorizedRequests } from "../src/authorized.ts";
import { VaultClient } from "../src/client.ts";
import { VaultError } from "../src/error.ts";
import { token } from "../src/given-token.ts";
import { Kv } from "../src/kv.ts";
import { outcomeOf, type Purpose } from "../src/outcome.ts";
import { encodePath } from "../src/path.ts";
import { Vault } from "../src/vault.ts";
import { FakeVault, type Reply } from "./fake-vault.ts";

let fake: FakeVault;
beforeAll(async () => {
  fake = await FakeVault.start();
});
afterAll(() => fake.close());

const secrets = ["hvs.SECRETSECRETSECRET", "the-user-id-SECRET", "the-app-id-SECRET", "password-SECRET"];
const leaf = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.constant(null),
  fc.boolean(),
  fc.constantFrom(...secrets),
  fc.double(),
);
const names = fc.constantFrom(
  "errors",
  "data",
  "auth",
  "client_token",
  "lease_id",
  "lease_duration",
  "renewable",
  "username",
  "password",
  "ttl",
  "keys",
  "metadata",
  "wrap_info",
  "leader_address",
  "secret_id",
);
const value = fc.letrec((tie) => ({
  node: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.dictionary(names, tie("node"), { maxKeys: 6 }),
    fc.array(tie("node"), { maxLength: 4 }),
  ),
})).node;
const status = fc.oneof(
  fc.constantFrom(200, 204, 307, 400, 403, 404, 429, 472, 473, 500, 501, 503),
  fc.integer({ min: 200, max: 599 }),
);
const reply: fc.Arbitrary<Reply> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ status, body: value }) },
  { weight: 2, arbitrary: fc.record({ status, text: fc.string({ unit: "binary" }) }) },
  { weight: 1, arbitrary: fc.constantFrom<Reply>("reset", "half") },
  {
    weight: 1,
    arbitrary: fc.record({
      status,
      body: value,
      headers: fc.record({ location: fc.webUrl(), "retry-after": fc.stringMatching(/^[0-9a-z-]{1,9}$/) }),
    }),
  },
);

test("whatever comes back, a call gives a value or a VaultError, in time, and shows no secret", async () => {
  const until = AbortSignal.timeout(60_000);
  await fc.assert(
    fc.asyncProperty(reply, async (each) => {
      const off = fake.on("*", each);
      const client = new VaultClient({ address: [fake.address], token: secrets[0], timeout: 2_000 });
      const vault = new Vault({
        address: fake.address,
        auth: token(secrets[0] ?? ""),
        timeout: 2_000,
        closeTimeout: 100,
      });
      const [given = "", userId = "", app = "", password = ""] = secrets;
      // Each call, with what it sends.
      const calls: [Promise<unknown>, string[]][] = [
        [client.read("secret/x"), [given]],
        [client.write("secret/x", { password }), [given, password]],
        [client.list("secret"), [given]],
        [client.request({ method: "GET", path: "mysql/creds/todo", purpose: "credentials" }), [given]],
        [client.health(fake.address), []],
        [client.sealStatus(fake.address), []],
        [appId({ appId: app, userId }).logIn(client, { signal: until }), [app, userId]],
        [appRole({ roleId: app, wrappedSecretId: given }).logIn(client, { signal: until }), [given]],
        [token(given).logIn(client, { signal: until }), [given]],
        [vault.unwrap(given), [given]],
      ];
      const results = await Promise.allSettled(calls.map(([call]) => call));
      results.forEach((result, index) => {
        if (result.status === "fulfilled") return;
        expect(result.reason).toBeInstanceOf(VaultError);
        const shown = inspect(result.reason, { depth: 10, showHidden: true });
        for (const sent of calls[index]?.[1] ?? []) expect(shown).not.toContain(sent);
      });
      off();
      await client.close();
      await vault.close();
    }),
    { numRuns: 300 },
  );
}, 120_000);

test("whatever comes back, KV gives a value or a VaultError", async () => {
  await fc.assert(
    fc.asyncProperty(reply, fc.constantFrom<1 | 2>(1, 2), async (each, version) => {
      const off = fake.on("*", each);
      const client = new VaultClient({ address: fake.address, token: secrets[0] });
      // One try, or each unreachable answer would be retried for seconds.
      const once = {
        patiently: async (request: Parameters<AuthorizedRequests["patiently"]>[0]) => ({
          body: await client.request(request),
        }),
      };
      const kv = new Kv({ requests: once as unknown as AuthorizedRequests, mount: "secret", version });
      const calls = [
        kv.get("a"),
        kv.put("a", { password: secrets[3] }),
        kv.list("a"),
        kv.delete("a"),
        ...(version === 2 ? [kv.metadata("a")] : []),
      ];
      for (const result of await Promise.allSettled<unknown>(calls)) {
        if (result.status === "rejected") expect(result.reason).toBeInstanceOf(VaultError);
      }
      off();
      await client.close();
    }),
    { numRuns: 200 },
  );
}, 120_000);

test("answers are read without a crash", () => {
  fc.assert(
    fc.property(value, (json) => {
      const body = parseJson(JSON.stringify(json) ?? "");
      for (const read of [tokenGrant, leaseGrant, account]) {
        try {
          read(body, "reading");
        } catch (error) {
          expect(error).toBeInstanceOf(VaultError);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test("every status has a meaning", () => {
  const purposes: Purpose[] = ["plain", "login", "lease", "credentials", "wrapping", "cas"];
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: 999 }),
      fc.constantFrom(...purposes),
      fc.string(),
      (code, purpose, says) => {
        expect(outcomeOf(code, purpose, says).code).toMatch(/^VAULT_/);
      },
    ),
  );
});

test("a path is one path: it never leaves /v1/, and decodes to itself", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (path) => {
      let encoded: string;
      try {
        encoded = encodePath(path);
      } catch (error) {
        expect(error).toMatchObject({ code: "VAULT_INVALID_OPTION" });
        return;
      }
      const url = new URL(`http://vault/v1/${encoded}`);
      expect(url.pathname).toBe(`/v1/${encoded}`);
      expect(url.search + url.hash).toBe("");
      expect(decodeURIComponent(encoded)).toBe(path.replace(/^\/+|\/+$/g, ""));
    }),
    { numRuns: 1_000 },
  );
});
