import { MiniclusterError } from "@minicluster/core";
import { ManualClock } from "@minicluster/core/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { registrationFrom } from "../src/announce-options.ts";
import { type Announcement, Discovery } from "../src/index.ts";
import type { CheckStatus } from "../src/instance.ts";
import type { Registrar } from "../src/registrar.ts";
import { type FakeSource, fakeSource } from "./fake-source.ts";
import { anInstance } from "./making.ts";

const away = new MiniclusterError({ code: "CONSUL_UNREACHABLE", kind: "unreachable", message: "away" });
const refused = new MiniclusterError({ code: "CONSUL_REFUSED", kind: "refused", message: "no such check" });

let clock: ManualClock;
let source: FakeSource;
let discovery: Discovery;
let calls: string[];
let failure: unknown;
/** Never settles, as an agent that is frozen. */
let frozen: boolean;

const registrar: Registrar = {
  register: async (_, { status, restore }) => call(`register ${status}${restore ? " restore" : ""}`),
  heartbeat: async (_, { status, note }) => call(`heartbeat ${status}${note && ` ${note}`}`),
  maintenance: async (_, { on }) => call(`maintenance ${on ? "on" : "off"}`),
  deregister: async () => call("deregister"),
};

async function call(name: string): Promise<void> {
  if (frozen) await new Promise(() => {});
  if (failure) throw failure;
  calls.push(name);
}

beforeEach(() => {
  clock = new ManualClock();
  source = fakeSource({ registrar });
  discovery = new Discovery({ source, clock, random: () => 0.5 });
  calls = [];
  failure = undefined;
  frozen = false;
});

afterEach(async () => {
  const closing = discovery.close();
  await clock.advance(5_000);
  await closing;
  expect(clock.pending).toBe(0);
});

/** What the cluster sees of us. */
function seen(announcement: Announcement, status: CheckStatus): void {
  source.find([anInstance({ id: announcement.id, port: 8080, status })]);
}

function http(): Announcement {
  return discovery.announce({ service: "web", port: 8080, check: { http: "/health" } });
}

describe("an announcement", () => {
  it("registers without making its caller wait, and goes on trying while Consul is away", async () => {
    failure = away;
    const announcement = http();
    expect(announcement.state).toBe("registering");
    await clock.advance(60_000);
    expect(announcement.error).toBe(away);
    failure = undefined;
    await clock.advance(1_000);
    expect(calls).toEqual(["register undefined"]);
    expect(announcement.state).toBe("registered");
  });

  it("is registered again when the agent returns, with the status it had", async () => {
    const announcement = http();
    await clock.advance(0);
    seen(announcement, "passing");
    source.lose();
    await clock.advance(30_000);
    expect(calls).toEqual(["register undefined"]);
    seen(announcement, "critical");
    await clock.advance(0);
    expect(calls).toEqual(["register undefined", "register passing restore"]);
  });

  it("is registered again when the agent's index went backwards", async () => {
    const announcement = http();
    await clock.advance(0);
    seen(announcement, "warning");
    source.find([], { restarted: true });
    await clock.advance(0);
    expect(calls.at(-1)).toBe("register warning restore");
  });

  it("is registered again within 2 s when the catalog misses it, and then less and less often", async () => {
    const announcement = http();
    await clock.advance(0);
    seen(announcement, "passing");
    source.find([]);
    await clock.advance(1_000);
    expect(calls).toEqual(["register undefined", "register passing"]);
    await clock.advance(60_000);
    expect(calls.length).toBeLessThan(10);
    seen(announcement, "passing");
    await clock.advance(60_000);
    const { length } = calls;
    await clock.advance(600_000);
    expect(calls).toHaveLength(length);
  });

  it("says what happened", async () => {
    const said: string[] = [];
    discovery.events.on("registered", ({ reason }) => said.push(`registered ${reason}`));
    discovery.events.on("failed", () => said.push("failed"));
    discovery.events.on("deregistered", ({ confirmed }) => said.push(`deregistered ${confirmed}`));
    failure = away;
    const announcement = http();
    await clock.advance(0);
    failure = undefined;
    await clock.advance(1_000);
    await announcement.close();
    expect(said).toEqual(["failed", "registered first", "deregistered true"]);
  });

  it("stays in maintenance through a restart of the agent", async () => {
    const announcement = http();
    await clock.advance(0);
    seen(announcement, "passing");
    await announcement.maintenance(true);
    seen(announcement, "critical");
    source.lose();
    source.find([]);
    await clock.advance(0);
    expect(calls.slice(-2)).toEqual(["register passing restore", "maintenance on"]);
    await announcement.maintenance(false);
    expect(calls.at(-1)).toBe("maintenance off");
  });

  it("drains until the cluster sees it, or for a second", async () => {
    const announcement = http();
    await clock.advance(0);
    seen(announcement, "passing");
    let drained = 0;
    const draining = announcement.drain().then(() => {
      drained += 1;
    });
    await clock.advance(100);
    expect([calls.at(-1), drained]).toEqual(["maintenance on", 0]);
    seen(announcement, "critical");
    await clock.advance(0);
    expect(drained).toBe(1);
    await draining;
    frozen = true;
    const again = announcement.drain();
    await clock.advance(1_000);
    await again;
  });

  it("deregisters when it is closed, once", async () => {
    const announcement = http();
    await clock.advance(0);
    await Promise.all([announcement.close(), announcement.close(), discovery.close()]);
    expect(calls).toEqual(["register undefined", "deregister"]);
    expect(announcement.state).toBe("closed");
    await expect(announcement.maintenance(true)).rejects.toMatchObject({ code: "CLOSED" });
  });

  it.each(["away", "frozen"])("takes 2 s at most to close while Consul is %s", async (how) => {
    const announcement = http();
    await clock.advance(0);
    if (how === "away") failure = away;
    else frozen = true;
    let confirmed: boolean | undefined;
    announcement.events.on("deregistered", (event) => {
      confirmed = event.confirmed;
    });
    const closing = announcement.close();
    await clock.advance(1_999);
    expect(confirmed).toBeUndefined();
    await clock.advance(1);
    await closing;
    expect(confirmed).toBe(false);
  });
});

describe("a TTL check", () => {
  function ttl(): Announcement {
    return discovery.announce({ service: "web", port: 8080, check: { ttl: "15s" } });
  }

  it("beats well within its TTL", async () => {
    const announcement = ttl();
    await clock.advance(0);
    seen(announcement, "passing");
    calls = [];
    await clock.advance(150_000);
    expect(calls.length).toBeGreaterThanOrEqual(14);
    expect(calls.length).toBeLessThan(22);
    expect(new Set(calls)).toEqual(new Set(["heartbeat passing"]));
  });

  it("tells a report at once and repeats it", async () => {
    const announcement = ttl();
    await clock.advance(0);
    seen(announcement, "passing");
    calls = [];
    await announcement.report("warning", "Vault is away");
    expect(calls).toEqual(["heartbeat warning Vault is away"]);
    await clock.advance(10_000);
    expect(calls[1]).toBe("heartbeat warning Vault is away");
  });

  it("is registered anew when the agent forgot it", async () => {
    const announcement = ttl();
    await clock.advance(0);
    seen(announcement, "passing");
    calls = [];
    failure = refused;
    await clock.advance(10_000);
    failure = undefined;
    await clock.advance(1_000);
    expect(calls).toEqual(["register passing", "heartbeat passing"]);
  });

  it("carries a report through that the agent was away for", async () => {
    const announcement = ttl();
    await clock.advance(0);
    seen(announcement, "passing");
    failure = away;
    await announcement.report("critical");
    failure = undefined;
    calls = [];
    await clock.advance(1_000);
    expect(calls).toEqual(["register critical", "heartbeat critical"]);
  });

  it("is the only one that takes reports", async () => {
    await expect(http().report("warning")).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });
});

describe("what is announced", () => {
  it("gets its defaults", () => {
    expect(registrationFrom({ service: "web", port: 80, check: { http: "/health" } })).toMatchObject({
      id: expect.stringMatching(/^web-.+-80$/),
      address: undefined,
      check: { http: "http://127.0.0.1:80/health", intervalMs: 5_000, timeoutMs: 2_000, deregisterAfterMs: 1_800_000 },
    });
    expect(registrationFrom({ service: "web", port: 80, address: "fd00::1", check: { http: "/" } }).check?.http).toBe(
      "http://[fd00::1]:80/",
    );
  });

  it.each([
    [{ service: "a b" }, /^service: /],
    [{ port: 0 }, /^port: 0 /],
    [{ port: "80" }, /^port: /],
    [{ id: "a/b" }, /^id: /],
    [{ address: "a b" }, /^address: /],
    [{ tags: [""] }, /^tags: /],
    [{ meta: { "a b": "c" } }, /^meta: /],
    [{ check: {} }, /^check: needs http or ttl/],
    [{ check: { http: "health" } }, /^check.http: /],
    [{ check: { http: "/", interval: "0.5s" } }, /^check.interval: /],
    [{ check: { http: "/", timeout: 0 } }, /^check.timeout: /],
    [{ check: { ttl: "20ms" } }, /^check.ttl: /],
    [{ check: { ttl: "soon" } }, /^check.ttl: "soon" is not a duration/],
  ])("is refused with %j", (wrong, message) => {
    expect(() => registrationFrom({ service: "web", port: 80, ...wrong } as never)).toThrow(message);
  });
});
