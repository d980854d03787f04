import { randomBytes } from "node:crypto";
import { systemClock } from "@minicluster/core";
import { ManualClock } from "@minicluster/core/testing";
import { expect, test } from "vitest";
import { Gate } from "../src/embedded/gate.ts";
import { Barrier } from "../src/embedded-vault/barrier.ts";
import type { LeaseEntry } from "../src/embedded-vault/lease-entry.ts";
import { LeaseStore } from "../src/embedded-vault/lease-store.ts";
import { lifeOf } from "../src/embedded-vault/life.ts";
import { emptyFolder } from "../src/embedded-vault/vault-storage.ts";

interface Kept {
  leases: LeaseStore;
  gate: Gate;
  ended: string[];
  folder: Barrier;
}

function store(
  clock: ManualClock | typeof systemClock,
  end: (entry: LeaseEntry) => Promise<void> = async () => {},
): Kept {
  const ended: string[] = [];
  const gate = new Gate();
  const barrier = new Barrier(emptyFolder(), randomBytes(32));
  const tell = async (entry: LeaseEntry): Promise<void> => {
    await end(entry);
    ended.push(entry.id);
  };
  return { leases: new LeaseStore({ barrier, clock, gate, end: tell, note: () => {} }), gate, ended, folder: barrier };
}

function lease(id: string, expiresMs: number): LeaseEntry {
  const common = { path: "a/creds/r", token: "t", kind: "secret", issuedMs: 0, renewedMs: 0, renewable: true } as const;
  return { ...common, id, expiresMs, ttlMs: 1, maxTtlMs: 0, internal: {} };
}

test("each ends at its time, once; a prolonged one later; a forgotten one never", async () => {
  const clock = new ManualClock();
  const { leases, ended } = store(clock);
  const now = clock.now();
  for (const [id, ms] of Object.entries({ "a/1": 1_000, "a/2": 2_000, "a/3": 3_000, "a/4": 1_000 })) {
    await leases.add(lease(id, now + ms));
  }
  const two = leases.get("a/2");
  if (two) await leases.prolong(two, now + 9_000);
  await leases.forget("a/4");
  await clock.advance(3_000);
  expect(ended).toEqual(["a/1", "a/3"]);
  await clock.advance(6_000);
  expect(ended).toEqual(["a/1", "a/3", "a/2"]);
  expect([leases.size, await leases.ids(""), clock.pending]).toEqual([0, [], 0]);
});

test("what fails to end is tried again with backoff, six times", async () => {
  const clock = new ManualClock();
  let tries = 0;
  const { leases } = store(clock, async () => {
    tries += 1;
    throw new TypeError("MySQL is away");
  });
  await leases.add(lease("a/1", clock.now() + 1_000));
  await clock.advance(1_000);
  expect(tries).toBe(1);
  await clock.advance(10_000);
  expect(tries).toBe(2);
  await clock.advance(19_000);
  expect(tries).toBe(2);
  await clock.advance(1_000);
  expect(tries).toBe(3);
  await clock.advance(86_400_000);
  expect(tries).toBe(6);
  expect(leases.size).toBe(1);
});

test("a frozen node ends what came due when it goes on; settled() waits for that", async () => {
  const clock = new ManualClock();
  const { leases, gate, ended } = store(clock);
  await leases.add(lease("a/1", clock.now() + 1_000));
  gate.close();
  await clock.advance(5_000);
  expect(ended).toEqual([]);
  gate.open();
  await leases.settled();
  expect(ended).toEqual(["a/1"]);
});

test("what the storage holds is taken over; what is overdue ends at once", async () => {
  const clock = new ManualClock();
  const { leases, folder } = store(clock);
  await leases.add(lease("a/1", clock.now() + 1_000));
  await leases.add(lease("b/c/2", clock.now() + 50_000));
  leases.close();
  await clock.advance(2_000);
  const ended: string[] = [];
  const end = async ({ id }: LeaseEntry): Promise<void> => void ended.push(id);
  const next = new LeaseStore({ barrier: folder, clock, gate: new Gate(), end, note: () => {} });
  await next.load();
  await clock.advance(0);
  expect(ended).toEqual(["a/1"]);
  expect(next.get("b/c/2")).toBeDefined();
  next.close();
});

test("what another node ended in the storage is known until it is to be renewed or ended: then it is gone", async () => {
  const clock = new ManualClock();
  const { leases, ended, folder } = store(clock);
  for (const id of ["a/1", "a/2"]) await leases.add(lease(id, clock.now() + 1_000));
  for (const id of ["a/1", "a/2"]) await folder.delete(id);
  expect(leases.get("a/1")).toBeDefined();
  expect(await leases.stored("a/1")).toBeUndefined();
  expect(leases.get("a/1")).toBeUndefined();
  await leases.revoke("a/2");
  expect([ended, leases.size, clock.pending]).toEqual([[], 0, 0]);
});

test("10 or 10,000 leases: an operation costs the same, within 2x", async () => {
  const cost = async (count: number): Promise<number> => {
    const { leases } = store(systemClock);
    const expires = Date.now() + 3_600_000;
    for (let at = 0; at < count; at += 1) await leases.add(lease(`a/creds/r/${at}`, expires));
    const rounds: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      const before = performance.now();
      for (let at = 0; at < 200; at += 1) {
        const one = lease(`a/creds/r/x${at}`, expires);
        await leases.add(one);
        await leases.prolong(one, expires + 1);
        await leases.revoke(one.id);
      }
      rounds.push(performance.now() - before);
    }
    leases.close();
    return Math.min(...rounds);
  };
  await cost(10);
  const [few, many] = [await cost(10), await cost(10_000)];
  expect(many / few).toBeLessThan(2);
});

test.each([
  { says: "the mount's default", ttlMs: 0, maxTtlMs: 0, gives: 100 },
  { says: "the engine's own", ttlMs: 50, maxTtlMs: 0, gives: 50 },
  { says: "what the client asks for", ttlMs: 50, maxTtlMs: 0, incrementMs: 70, gives: 70 },
  { says: "never more than what is left of the max TTL", ttlMs: 50, maxTtlMs: 300, incrementMs: 290, gives: 100 },
  { says: "never more than the mount's max TTL", ttlMs: 5_000, maxTtlMs: 9_000, gives: 800 },
  { says: "the period, whatever is asked for", ttlMs: 50, maxTtlMs: 60, incrementMs: 10, periodMs: 400, gives: 400 },
  {
    says: "the period, up to the explicit max TTL",
    ttlMs: 0,
    maxTtlMs: 0,
    periodMs: 400,
    explicitMaxTtlMs: 500,
    gives: 300,
  },
])("a life is $says", ({ gives, says: _, ...request }) => {
  const mount = { defaultTtlMs: 100, maxTtlMs: 1_000 };
  expect(lifeOf({ mount, nowMs: 1_200, issuedMs: 1_000, ...request }).ttlMs).toBe(gives);
});
