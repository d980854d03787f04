import { getEventListeners } from "node:events";
import { inspect } from "node:util";
import { ManualClock } from "@minicluster/core/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { VaultClient, type VaultClientOptions } from "../src/client.ts";
import type { VaultError } from "../src/error.ts";
import { FakeVault, type Reply } from "./fake-vault.ts";

const token = "hvs.a-token-that-nobody-may-see";
let first: FakeVault;
let second: FakeVault;
const clients: VaultClient[] = [];

beforeEach(async () => {
  first = await FakeVault.start();
  second = await FakeVault.start();
  for (const vault of [first, second]) {
    vault.tokens.add(token);
    vault.on("GET secret/x", { status: 200, body: { data: { from: vault.address } } });
  }
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await first.close();
  await second.close();
});

function client(options: Partial<VaultClientOptions> = {}): VaultClient {
  const made = new VaultClient({ address: [first.address, second.address], token, ...options });
  clients.push(made);
  return made;
}

async function failure(work: Promise<unknown>): Promise<VaultError> {
  return (await work.then(
    () => expect.unreachable("it should have failed"),
    (error) => error,
  )) as VaultError;
}

const standby: Reply = { status: 429, body: {} };

describe("a request", () => {
  test("carries token, namespace and X-Vault-Request, and segments are encoded", async () => {
    const one = client({ namespace: "team-a" });
    await failure(one.read("secret/a b/c?d/é"));
    expect(first.seen[0]?.url).toBe("/v1/secret/a%20b/c%3Fd/%C3%A9");
    expect(first.seen[0]?.token).toBe(token);
    expect(first.seen[0]?.headers["x-vault-namespace"]).toBe("team-a");
    expect(first.seen[0]?.headers["x-vault-request"]).toBe("true");
  });

  test("takes nothing from the process's environment", async () => {
    Object.assign(process.env, {
      VAULT_TOKEN: "env",
      VAULT_NAMESPACE: "env",
      VAULT_PREFIX: "/env",
      HTTP_PROXY: "http://127.0.0.1:1",
    });
    try {
      await client({ token: undefined }).request({ method: "GET", path: "sys/health" });
    } finally {
      for (const name of ["VAULT_TOKEN", "VAULT_NAMESPACE", "VAULT_PREFIX", "HTTP_PROXY"]) delete process.env[name];
    }
    expect(first.seen[0]).toMatchObject({ url: "/v1/sys/health", token: undefined });
    expect(first.seen[0]?.headers["x-vault-namespace"]).toBeUndefined();
  });

  test.each(["", "/", "a//b", "a/../b", "./a", "a/\ud800"])(
    "of the path %j is refused before it is sent",
    async (path) => {
      expect(await failure(client().read(path))).toMatchObject({ code: "VAULT_INVALID_OPTION", kind: "invalid" });
      expect(first.seen).toHaveLength(0);
    },
  );

  test("LIST is a GET with list=1, and a query is appended", async () => {
    first.on("GET secret/metadata", { status: 200, body: { data: { keys: ["a"] } } });
    await client().list("secret/metadata/");
    expect(first.seen[0]?.url).toBe("/v1/secret/metadata?list=1");
    await client().request({ method: "GET", path: "secret/metadata/a", query: { version: "3" } });
    expect(first.seen[1]?.url).toBe("/v1/secret/metadata/a?version=3");
  });

  test("an aborted signal ends it with its reason", async () => {
    first.on("GET secret/x", "hang");
    const controller = new AbortController();
    const reading = client().read("secret/x", { signal: controller.signal });
    const reason = new Error("enough");
    setImmediate(() => controller.abort(reason));
    expect(await failure(reading)).toBe(reason);
  });

  test("close() ends it", async () => {
    first.on("GET secret/x", "hang");
    const one = client();
    const reading = failure(one.read("secret/x"));
    setImmediate(() => void one.close());
    expect(await reading).toMatchObject({ code: "VAULT_CLOSED" });
  });

  test("of a hanging Vault ends at the deadline, and its outcome is unknown", async () => {
    first.on("POST secret/x", "hang");
    const clock = new ManualClock();
    const writing = failure(client({ address: first.address, clock }).write("secret/x", { a: 1 }));
    while (first.seen.length === 0) await clock.advance(0);
    await clock.advance(5_000);
    const error = await writing;
    expect(error).toMatchObject({ code: "VAULT_UNREACHABLE", kind: "unreachable", mayHaveIssued: true });
    expect(error.message).toContain(`${first.address}: no answer within 5000 ms`);
    expect(clock.pending).toBe(0);
  });
});

describe("an answer", () => {
  const cases: [string, Reply, object][] = [
    ["403", { status: 403, body: { errors: ["permission denied"] } }, { code: "VAULT_DENIED", kind: "refused" }],
    ["404", { status: 404, body: { errors: [] } }, { code: "VAULT_NOT_FOUND", kind: "invalid" }],
    ["400", { status: 400, body: { errors: ["no"] } }, { code: "VAULT_REFUSED", kind: "refused" }],
    ["412", { status: 412 }, { code: "VAULT_STANDBY", kind: "unreachable", mayHaveIssued: false }],
    [
      "429",
      { status: 429, headers: { "retry-after": "7" } },
      { code: "VAULT_BUSY", kind: "unreachable", retryAfterMs: 7_000 },
    ],
    ["472", { status: 472 }, { code: "VAULT_STANDBY", kind: "unreachable", mayHaveIssued: false }],
    ["473", { status: 473 }, { code: "VAULT_STANDBY", kind: "unreachable", mayHaveIssued: false }],
    ["501", { status: 501 }, { code: "VAULT_UNINITIALIZED", kind: "unreachable", mayHaveIssued: false }],
    [
      "503 sealed",
      { status: 503, body: { errors: ["Vault is sealed"] } },
      { code: "VAULT_SEALED", kind: "unreachable" },
    ],
    ["503", { status: 503, text: "<html>" }, { code: "VAULT_STANDBY", kind: "unreachable", mayHaveIssued: false }],
    [
      "500 without a leader",
      { status: 500, body: { errors: ["local node not active but active cluster node not found"] } },
      { code: "VAULT_STANDBY", kind: "unreachable", mayHaveIssued: false },
    ],
    [
      "500",
      { status: 500, body: { errors: ["oh"] } },
      { code: "VAULT_FAILED", kind: "unreachable", mayHaveIssued: true },
    ],
    ["502", { status: 502, text: "bad gateway" }, { code: "VAULT_FAILED", kind: "unreachable", mayHaveIssued: true }],
    ["301", { status: 301, headers: { location: "http://127.0.0.1:1/" } }, { code: "VAULT_REDIRECT_REFUSED" }],
    [
      "garbage",
      { status: 200, text: "<html>" },
      { code: "VAULT_BAD_ANSWER", kind: "unreachable", mayHaveIssued: true },
    ],
    ["an array", { status: 200, body: [] }, { code: "VAULT_BAD_ANSWER", kind: "unreachable", mayHaveIssued: true }],
    ["half a body", "half", { code: "VAULT_UNREACHABLE", kind: "unreachable", mayHaveIssued: true }],
    ["a reset", "reset", { code: "VAULT_UNREACHABLE", kind: "unreachable", mayHaveIssued: true }],
  ];

  test.each(cases)("%s means what the table says", async (_name, reply, expected) => {
    first.on("POST secret/x", reply);
    const error = await failure(client({ address: first.address }).write("secret/x", { a: 1 }));
    expect(error).toMatchObject(expected);
    expect(error.message).toMatch(/^POST secret\/x: /);
  });

  test("a refused connection surely made nothing", async () => {
    const error = await failure(client({ address: "http://127.0.0.1:1" }).write("secret/x", {}));
    expect(error).toMatchObject({ code: "VAULT_UNREACHABLE", mayHaveIssued: false });
    expect(error.message).toContain("ECONNREFUSED");
  });

  test("longer than the bound is cut off", async () => {
    first.on("GET secret/x", { status: 200, text: `{"data":"${"x".repeat(5_000)}"}` });
    const error = await failure(client({ address: first.address, maxBytes: 1_000 }).read("secret/x"));
    expect(error).toMatchObject({ code: "VAULT_BAD_ANSWER" });
    expect(error.message).toContain("longer than 1000 bytes");
  });

  test("204 is undefined", async () => {
    first.on("POST secret/x", { status: 204 });
    expect(await client().write("secret/x", {})).toBeUndefined();
  });

  test("that repeats what was sent, or shows a token, is redacted", async () => {
    first.on("POST auth/app-id/login", (seen) => ({
      status: 400,
      body: { errors: [`bad ${seen.body["user_id"]} ${seen.token} hvs.CAESIJlDlqVsomebodyelses\nline two`] },
    }));
    const error = await failure(client().write("auth/app-id/login", { user_id: "the-user-id" }));
    expect(error.message).toContain("bad [secret] [secret] [secret] line two");
    expect(inspect(error, { depth: 10, showHidden: true })).not.toMatch(/the-user-id|nobody-may-see|somebodyelses/);
  });

  test("of a database that quotes a statement is cut off there: it holds a new password", async () => {
    const says = "Error 1064: You have an error in your SQL syntax near 'IDENTIFED BY 'n3w-p4ss'' at line 1";
    first.on("GET mysql/creds/todo", { status: 500, body: { errors: [says] } });
    const request = { method: "GET", path: "mysql/creds/todo", purpose: "credentials" } as const;
    const error = await failure(client({ address: first.address }).request(request));
    expect(error.message).toContain("SQL syntax near [...]");
    expect(error.message).not.toContain("n3w-p4ss");
  });

  test("a client, its error and its events show no token when inspected", async () => {
    const one = client();
    const error = await failure(one.write("secret/x", { password: "p4ssw0rd" }));
    expect(inspect([one, error, one.token], { depth: 20, showHidden: true })).not.toMatch(/nobody-may-see|p4ssw0rd/);
  });
});

describe("a redirect", () => {
  beforeEach(() => {
    first.on("GET sys/leader", { status: 200, body: { leader_address: second.address } });
  });

  test("of a standby is followed once, with the token, to the node that sys/leader names, which is remembered", async () => {
    first.on("GET secret/x", { status: 307, headers: { location: `${second.address}/v1/secret/x` } });
    const one = client({ address: first.address });
    expect(await one.read("secret/x")).toEqual({ data: { from: second.address } });
    expect(second.seen[0]?.token).toBe(token);
    await one.read("secret/x");
    expect(first.count("GET", "secret/x")).toBe(1);
    expect(one.addresses[0]).toBe(second.address);
  });

  test("does not ask sys/leader with the token", async () => {
    first.on("GET secret/x", { status: 307, headers: { location: `${second.address}/v1/secret/x` } });
    await client({ address: first.address }).read("secret/x");
    expect(first.seen.find(({ path }) => path === "sys/leader")?.token).toBeUndefined();
  });

  const refused: [string, () => Record<string, string>][] = [
    ["elsewhere", () => ({ location: "http://127.0.0.1:1/v1/secret/x" })],
    ["to another path", () => ({ location: `${second.address}/v1/secret/y` })],
    ["without a location", () => ({})],
    ["to a file", () => ({ location: "file:///etc/passwd" })],
    ["to itself", () => ({ location: "/v1/secret/x" })],
  ];
  test.each(refused)("%s gets no token", async (_name, headers) => {
    first.on("GET secret/x", () => ({ status: 307, headers: headers() }));
    expect(await failure(client({ address: first.address }).read("secret/x"))).toMatchObject({
      code: "VAULT_REDIRECT_REFUSED",
      kind: "unreachable",
    });
    expect(second.seen).toHaveLength(0);
  });

  test("that leads to a redirect ends there", async () => {
    first.on("GET secret/x", { status: 307, headers: { location: `${second.address}/v1/secret/x` } });
    second.on("GET secret/x", { status: 307, headers: { location: `${first.address}/v1/secret/x` } });
    const error = await failure(client({ address: first.address }).read("secret/x"));
    expect(error.code).toBe("VAULT_REDIRECT_REFUSED");
    expect(first.count("GET", "secret/x") + second.count("GET", "secret/x")).toBe(2);
  });
});

describe("several nodes", () => {
  const down: [string, Reply][] = [
    ["sealed", { status: 503, body: { errors: ["Vault is sealed"] } }],
    ["standing by", { status: 473 }],
    ["resetting", "reset"],
    ["failing", { status: 500, body: { errors: ["rpc error"] } }],
  ];
  test.each(down)("the other one serves while one is %s, and is asked first from then on", async (_name, reply) => {
    first.on("GET secret/x", reply);
    first.on("GET sys/health", standby);
    const one = client();
    const changed: unknown[] = [];
    one.events.on("leader.changed", (event) => changed.push(event));
    await one.read("auth/token/lookup-self");
    expect(await one.read("secret/x")).toEqual({ data: { from: second.address } });
    await one.read("secret/x");
    expect(first.count("GET", "secret/x")).toBe(1);
    expect(changed).toEqual([{ address: second.address, previous: first.address }]);
  });

  test("the other one serves while one can't be reached", async () => {
    const one = client({ address: ["http://127.0.0.1:1", second.address] });
    expect(await one.read("secret/x")).toEqual({ data: { from: second.address } });
  });

  test("a node that hangs is left when another is active, within the call", async () => {
    first.on("* ", "hang");
    const clock = new ManualClock();
    const reading = client({ clock }).read("secret/x");
    while (first.seen.length === 0) await clock.advance(0);
    for (let i = 0; i < 200 && clock.monotonic() < 4_000 && second.count("GET", "secret/x") === 0; i += 1)
      await clock.advance(50);
    expect(await reading).toEqual({ data: { from: second.address } });
    expect(clock.monotonic()).toBeLessThanOrEqual(2_000);
    expect(clock.pending).toBe(0);
  });

  test("a slow node that says it is alive is not left", async () => {
    let answer: (reply: Reply) => void = () => {};
    first.on("POST slow", () => new Promise<Reply>((resolve) => (answer = resolve)));
    const clock = new ManualClock();
    const writing = client({ clock }).write("slow", {});
    while (first.seen.length === 0) await clock.advance(0);
    for (let i = 0; i < 80; i += 1) await clock.advance(50);
    expect(second.count("POST", "slow")).toBe(0);
    answer({ status: 200, body: { data: { done: true } } });
    expect(await writing).toEqual({ data: { done: true } });
  });

  test("a node that hung is not waited for again: the new active node is seen at once", async () => {
    first.on("* ", "hang");
    const back = second.on("GET sys/health", standby);
    const clock = new ManualClock();
    const one = client({ clock });
    const reading = failure(one.read("secret/x"));
    while (first.seen.length === 0) await clock.advance(0);
    await drive(clock, reading);
    expect(await reading).toMatchObject({ code: "VAULT_UNREACHABLE" });
    const before = clock.monotonic();
    const again = failure(one.read("secret/x"));
    await drive(clock, again);
    expect(await again).toMatchObject({ code: "VAULT_STANDBY", mayHaveIssued: false });
    expect(clock.monotonic() - before).toBeLessThanOrEqual(1_000);
    back();
    const now = clock.monotonic();
    const third = one.read("secret/x");
    await drive(clock, third);
    expect(await third).toEqual({ data: { from: second.address } });
    expect(clock.monotonic() - now).toBeLessThanOrEqual(100);
  });

  test("what may have issued something is not repeated elsewhere", async () => {
    first.on("GET mysql/creds/todo", "reset");
    const error = await failure(client().read("mysql/creds/todo"));
    expect(error).toMatchObject({ code: "VAULT_UNREACHABLE", mayHaveIssued: true });
    expect(second.seen).toHaveLength(0);
  });

  test("after an unknown outcome something is issued only on a node whose sys/health is 200", async () => {
    const heal = first.on("GET mysql/creds/todo", "reset");
    const one = client({ address: first.address });
    await failure(one.read("mysql/creds/todo"));
    const well = first.on("GET sys/health", { status: 503, body: {} });
    expect(await failure(one.read("mysql/creds/todo"))).toMatchObject({ code: "VAULT_SEALED", mayHaveIssued: false });
    expect(first.count("GET", "mysql/creds/todo")).toBe(1);
    heal();
    well();
    expect(await one.read("mysql/creds/todo")).toMatchObject({ data: { username: expect.any(String) } });
  });

  test("a standby whose leader has another address is enough to find it", async () => {
    first.on("GET sys/health", standby);
    first.on("GET secret/x", { status: 503 });
    first.on("GET sys/leader", { status: 200, body: { leader_address: second.address } });
    const one = client({ address: [first.address, "http://127.0.0.1:1"] });
    expect(await one.read("secret/x")).toEqual({ data: { from: second.address } });
  });

  test("none that is active: the error says how each is", async () => {
    for (const vault of [first, second]) vault.on("* ", { status: 503, body: { errors: ["Vault is sealed"] } });
    const error = await failure(client().read("secret/x"));
    expect(error).toMatchObject({ code: "VAULT_SEALED", kind: "unreachable" });
    expect(error.message).toContain(`${first.address} is sealed, ${second.address} is sealed`);
  });

  test("a refusal is an answer: the other one is not asked", async () => {
    first.on("GET secret/x", { status: 403 });
    await failure(client().read("secret/x"));
    expect(second.seen).toHaveLength(0);
  });
});

describe("addresses", () => {
  test("that change are followed; what is not usable is skipped", async () => {
    let list: string[] = ["nonsense"];
    let ready = (): void => {};
    const source = {
      current: () => list,
      onChange: () => () => {},
      ready: () => new Promise<void>((resolve) => (ready = resolve)),
    };
    const one = client({ address: { ...source, current: () => (list[0] === "nonsense" ? [] : list) } });
    const reading = one.read("secret/x");
    list = ["nonsense2", first.address];
    ready();
    expect(await reading).toEqual({ data: { from: first.address } });
    list = [second.address];
    expect(await one.read("secret/x")).toEqual({ data: { from: second.address } });
  });

  test("none known at the deadline: the error says so", async () => {
    const clock = new ManualClock();
    const never = new Promise<void>(() => {});
    const one = client({ clock, address: { current: () => [], onChange: () => () => {}, ready: () => never } });
    const error = failure(one.read("secret/x"));
    await clock.advance(5_000);
    expect((await error).message).toContain("no address of Vault is known");
  });

  test.each(["", "vault:8200", "ftp://vault", "http://u:p@vault:8200", "http://vault:8200/v1", "http://vault?x=1"])(
    "%j is refused without being repeated",
    (address) => {
      expect(() => new VaultClient({ address })).toThrow(expect.objectContaining({ code: "VAULT_INVALID_OPTION" }));
    },
  );

  test("an empty list and a token that can't stand in a header are refused", () => {
    expect(() => new VaultClient({ address: [] })).toThrow(/empty list/);
    expect(() => client({ token: "a\nb" })).toThrow(expect.objectContaining({ code: "VAULT_BAD_ANSWER" }));
  });
});

describe("health", () => {
  test("says how a node is, and never fails", async () => {
    const one = client();
    expect(await one.health(first.address)).toMatchObject({ state: "active", version: "fake" });
    first.on("GET sys/health", { status: 501, body: {} });
    expect(await one.health(first.address)).toMatchObject({ state: "uninitialized" });
    expect(await one.health("http://127.0.0.1:1")).toMatchObject({ state: "unreachable", reason: expect.any(String) });
  });
});

/** Moves time until the work is done. */
async function drive(clock: ManualClock, work: Promise<unknown>): Promise<void> {
  let done = false;
  void work.then(
    () => (done = true),
    () => (done = true),
  );
  for (let i = 0; i < 400 && !done; i += 1) await clock.advance(25);
}

test("a thousand calls leave no listener on a signal that outlives them", async () => {
  const { signal } = new AbortController();
  const one = client();
  for (let i = 0; i < 1_000; i += 50) {
    await Promise.all(Array.from({ length: 50 }, () => one.read("secret/x", { signal })));
  }
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});
