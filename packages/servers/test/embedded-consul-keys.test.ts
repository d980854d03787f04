import { ManualClock } from "@minicluster/core/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Gate } from "../src/embedded/gate.ts";
import type { KvTable } from "../src/embedded-consul/kv-table.ts";
import type { Session } from "../src/embedded-consul/session.ts";
import { State } from "../src/embedded-consul/state.ts";

const id = (digit: number): string => `00000000-0000-0000-0000-00000000000${digit}`;

function session(digit: number, more: Partial<Session> = {}): Session {
  return {
    id: id(digit),
    name: "",
    node: "node",
    lockDelayNs: 15e9,
    behavior: "release",
    ttl: "10s",
    ttlMs: 10_000,
    nodeChecks: [],
    serviceChecks: null,
    checks: null,
    createIndex: 1,
    ...more,
  };
}

function stateWithNode(): State {
  const state = new State();
  const node = { ID: "", Node: "node", Address: "127.0.0.1", Datacenter: "dc1", TaggedAddresses: null, Meta: null };
  state.apply((index) => state.catalog.ensureNode(node, index));
  return state;
}

/** A server that leads on the state; `end` is its death. */
function lead(state: State, clock: ManualClock, gate: Gate = new Gate()): { end: () => void } {
  const run = new AbortController();
  const apply = (change: (index: number) => void): void => state.apply(change);
  state.sessions.lead({ clock, signal: run.signal, passed: () => gate.passed(), apply });
  return { end: () => run.abort() };
}

const left = (state: State): string[] => state.sessions.list().found.map(({ id: found }) => found);
const settled = async (): Promise<void> => {
  for (let turns = 0; turns < 10; turns += 1) await Promise.resolve();
};

const write = (key: string, text = ""): { key: string; value: Buffer; flags: bigint } => {
  return { key, value: Buffer.from(text), flags: 0n };
};

describe("a session", () => {
  it("ends after twice its TTL, counted from its last renewal", async () => {
    const clock = new ManualClock();
    const state = stateWithNode();
    lead(state, clock);
    state.apply(() => state.sessions.create(session(1)));
    state.apply(() => state.sessions.create(session(2)));
    state.apply(() => state.sessions.create(session(3, { ttl: "", ttlMs: 0 })));
    await clock.advance(15_000);
    state.sessions.renew(id(2));
    await clock.advance(4_999);
    expect(left(state)).toEqual([id(1), id(2), id(3)]);
    await clock.advance(1);
    await settled();
    expect(left(state)).toEqual([id(2), id(3)]);
    await clock.advance(15_000);
    await settled();
    expect(left(state)).toEqual([id(3)]);
  });

  it("begins anew when another server leads; a dead one ends none", async () => {
    const clock = new ManualClock();
    const state = stateWithNode();
    const first = lead(state, clock);
    state.apply(() => state.sessions.create(session(1)));
    await clock.advance(19_000);
    first.end();
    await clock.advance(60_000);
    expect(left(state)).toEqual([id(1)]);
    lead(state, clock);
    await clock.advance(19_999);
    expect(left(state)).toEqual([id(1)]);
    await clock.advance(1);
    await settled();
    expect(left(state)).toEqual([]);
  });

  it("outlives its TTL while the server is paused", async () => {
    const clock = new ManualClock();
    const gate = new Gate();
    const state = stateWithNode();
    lead(state, clock, gate);
    state.apply(() => state.sessions.create(session(1)));
    gate.close();
    await clock.advance(60_000);
    await settled();
    expect(left(state)).toEqual([id(1)]);
    gate.open();
    await settled();
    expect(left(state)).toEqual([]);
  });

  it("leaves a lock delay behind, of a minute at most, which a new leader does not know", async () => {
    const clock = new ManualClock();
    const state = stateWithNode();
    const first = lead(state, clock);
    const delays: [lockDelayNs: number, ms: number][] = [
      [15e9, 15_000],
      [600e9, 60_000],
    ];
    for (const [lockDelayNs, ms] of delays) {
      state.apply(() => state.sessions.create(session(1, { lockDelayNs })));
      state.apply((index) => state.kv.lock(write("key"), id(1), index));
      state.apply((index) => state.sessions.destroy(id(1), index));
      expect(state.sessions.delays("other")).toBe(false);
      await clock.advance(ms - 1);
      expect(state.sessions.delays("key")).toBe(true);
      await clock.advance(1);
      expect(state.sessions.delays("key")).toBe(false);
    }
    state.apply(() => state.sessions.create(session(1)));
    state.apply((index) => state.kv.lock(write("key"), id(1), index));
    state.apply((index) => state.sessions.destroy(id(1), index));
    first.end();
    lead(state, clock);
    expect(state.sessions.delays("key")).toBe(false);
  });
});

describe("keys", () => {
  const key = fc.constantFrom("a/1", "a/2", "a/b/1", "a/b/2", "b", "b/1", "a");
  const text = fc.constantFrom("x", "y");
  const who = fc.constantFrom(id(1), id(2));
  const step = fc.oneof(
    fc.record({ kind: fc.constant("set" as const), key, text }),
    fc.record({ kind: fc.constant("delete" as const), key }),
    fc.record({ kind: fc.constant("delete-tree" as const), key: fc.constantFrom("a/b/", "b", "a/") }),
    fc.record({ kind: fc.constant("lock" as const), key, text, session: who }),
    fc.record({ kind: fc.constant("unlock" as const), key, text, session: who }),
    fc.record({ kind: fc.constant("release" as const), session: who, remove: fc.boolean() }),
  );
  type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

  function take(kv: KvTable, one: Step, index: number): void {
    if (one.kind === "set") kv.set(write(one.key, one.text), index);
    else if (one.kind === "delete") kv.delete(one.key, index);
    else if (one.kind === "delete-tree") kv.deleteTree(one.key, index);
    else if (one.kind === "lock") kv.lock(write(one.key, one.text), one.session, index);
    else if (one.kind === "unlock") kv.unlock(write(one.key, one.text), one.session, index);
    else kv.release(one.session, one.remove, index);
  }

  it("are in order, and a prefix has a higher index, and wakes, whenever something below it changed", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const state = new State();
        for (const one of steps) {
          for (const prefix of ["a/", "b", "a/b/"]) {
            // What lies below a folder that is deleted as a whole keeps the index of its own last deletion, as in Consul.
            if (one.kind === "delete-tree" && prefix !== one.key && prefix.startsWith(one.key)) continue;
            const trial = replay(steps.slice(0, steps.indexOf(one)));
            const before = trial.kv.list(prefix);
            let woken = false;
            trial.topics.watch([before.topic], () => {
              woken = true;
            });
            trial.apply((index) => take(trial.kv, one, index));
            const after = trial.kv.list(prefix);
            const changed = JSON.stringify(before.found.map(shown)) !== JSON.stringify(after.found.map(shown));
            if (changed) expect([prefix, after.index > before.index, woken]).toEqual([prefix, true, true]);
            const keys = after.found.map((entry) => entry.key);
            expect(keys).toEqual([...keys].sort());
          }
          state.apply((index) => take(state.kv, one, index));
        }
      }),
      { numRuns: 150 },
    );
  });

  it("are as they were after a transaction that failed, whatever it did", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.array(step, { maxLength: 20 }), (before, within) => {
        const state = replay(before);
        const told = (): string => {
          const prefixes = ["", "a/", "a/b/", "b", "none"].map((prefix) => state.kv.list(prefix));
          return JSON.stringify(prefixes.map(({ found, index }) => [found.map(shown), index]));
        };
        const kept = told();
        state.apply((index) =>
          state.kv.atomically(() => {
            for (const one of within) take(state.kv, one, index);
            return false;
          }),
        );
        expect(told()).toBe(kept);
        // Who holds what is remembered, too.
        const other = replay(before);
        for (const digit of [1, 2]) {
          expect(state.kv.release(id(digit), true, 1_000).sort()).toEqual(
            other.kv.release(id(digit), true, 1_000).sort(),
          );
        }
      }),
    );
  });

  it("wake nobody who waits for others, however many they are", () => {
    const state = new State();
    const woken: string[] = [];
    for (let at = 0; at < 10_000; at += 1) {
      state.apply((index) => state.kv.set(write(`many/${at}/key`, "1"), index));
      const { topic } = at % 2 ? state.kv.get(`many/${at}/key`) : state.kv.list(`many/${at}/`);
      state.topics.watch([topic], () => woken.push(topic));
    }
    state.apply((index) => state.kv.set(write("many/7/key", "2"), index));
    state.apply((index) => state.kv.delete("many/8/key", index));
    expect(woken).toEqual(["kv:many/7/key", "kv-prefix:many/8/"]);
  });

  function replay(steps: readonly Step[]): State {
    const state = new State();
    for (const one of steps) state.apply((index) => take(state.kv, one, index));
    return state;
  }
});

function shown({ flags, value, ...entry }: { flags: bigint; value: Buffer }): unknown {
  return { ...entry, flags: String(flags), value: value.toString("hex") };
}
