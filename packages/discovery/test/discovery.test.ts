import { MiniclusterError } from "@minicluster/core";
import { ManualClock } from "@minicluster/core/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Discovery, type DiscoveryEvents, fixed, instanceKey } from "../src/index.ts";
import { type FakeSource, fakeSource } from "./fake-source.ts";
import { anInstance } from "./making.ts";

let clock: ManualClock;
let source: FakeSource;
let discovery: Discovery;
let events: (keyof DiscoveryEvents)[];

beforeEach(() => {
  clock = new ManualClock();
  source = fakeSource();
  discovery = new Discovery({ source, clock, random: () => 0.5 });
  events = [];
  for (const name of ["changed", "stale", "fresh"] as const) discovery.events.on(name, () => events.push(name));
});

afterEach(async () => {
  await discovery.close();
  expect(clock.pending).toBe(0);
  expect(source.sinks).toHaveLength(0);
});

const one = anInstance({ id: "one", address: "10.0.0.1" });
const two = anInstance({ id: "two", address: "10.0.0.2" });

describe("resolve", () => {
  it("waits for the first answer, then answers from the table", async () => {
    const first = discovery.resolve("web");
    await clock.advance(10);
    source.find([one]);
    expect(await first).toEqual([one]);
    source.find([one, two]);
    expect(await discovery.resolve("web")).toEqual([one, two]);
    expect(source.followed).toHaveLength(1);
  });

  it("names the service and the source when there is no answer within its timeout", async () => {
    const failing = expect(discovery.resolve("web", { timeout: "2s" })).rejects.toMatchObject({
      code: "CONSUL_UNREACHABLE",
      kind: "unreachable",
      message: "looking up web: no answer from the fake source in time (connection refused)",
    });
    await clock.advance(500);
    source.lose(new Error("connection refused"));
    await clock.advance(1_500);
    await failing;
  });

  it("waits through failures until the source is there", async () => {
    const first = discovery.resolve("web");
    await clock.advance(1);
    source.lose();
    await clock.advance(4_000);
    source.find([one]);
    expect(await first).toEqual([one]);
  });

  it("fails at once when the source refuses", async () => {
    const failing = expect(discovery.resolve("web")).rejects.toMatchObject({ code: "NOPE" });
    await clock.advance(1);
    source.lose(new MiniclusterError({ code: "NOPE", kind: "refused", message: "403" }));
    await failing;
  });

  it("tells an unknown service from one of which no instance is usable", async () => {
    const unknown = expect(discovery.resolve("web")).rejects.toMatchObject({ code: "SERVICE_UNKNOWN" });
    await clock.advance(1);
    source.find([]);
    await unknown;
    source.find([anInstance({ status: "critical" })]);
    await expect(discovery.resolve("web")).rejects.toMatchObject({
      code: "NO_USABLE_INSTANCE",
      message: expect.stringContaining("knows 1 of web"),
    });
    expect(await discovery.resolve("web", { status: "any" })).toHaveLength(1);
  });

  it("keeps answering with the last good instances while the source is away", async () => {
    const first = discovery.resolve("web");
    await clock.advance(1);
    source.find([one]);
    await first;
    source.lose();
    source.lose();
    await clock.advance(3_600_000);
    expect(await discovery.resolve("web")).toEqual([one]);
    expect(events).toEqual(["changed", "stale"]);
    source.find([one]);
    expect(events).toEqual(["changed", "stale", "fresh"]);
  });

  it("gives up with the caller's own reason when his signal is aborted", async () => {
    const controller = new AbortController();
    const failing = expect(discovery.resolve("web", { signal: controller.signal })).rejects.toThrow("enough");
    await clock.advance(1);
    controller.abort(new Error("enough"));
    await failing;
  });

  it.each([["a b"], [""], ["-x"], ["a/../b"], ["x".repeat(64)]])("refuses the name %j", async (name) => {
    await expect(discovery.resolve(name)).rejects.toMatchObject({ code: "INVALID_OPTION", kind: "invalid" });
  });

  it("refuses a status and a tag that make no sense", async () => {
    await expect(discovery.resolve("web", { status: "good" as never })).rejects.toThrow(/^status: /);
    await expect(discovery.resolve("web", { tag: "a b" })).rejects.toThrow(/^tag: /);
  });

  it("rejects waiting callers when it is closed, and new ones", async () => {
    const failing = expect(discovery.resolve("web")).rejects.toMatchObject({ code: "CLOSED" });
    await clock.advance(1);
    await discovery.close();
    await failing;
    await expect(discovery.resolve("web")).rejects.toMatchObject({ code: "CLOSED" });
  });
});

describe("after the source restarted", () => {
  it.each([
    ["its index went backwards", (): void => source.find([], { restarted: true })],
    [
      "the connection was lost",
      (): void => {
        source.lose();
        source.find([]);
      },
    ],
    [
      "its checks start critical",
      (): void => source.find([anInstance({ ...one, status: "critical" })], { restarted: true }),
    ],
  ])("an emptied list is not believed for 10 s: %s", async (_, restart) => {
    const watch = discovery.watch("web");
    await clock.advance(1);
    source.find([one]);
    restart();
    expect(watch.current).toEqual([one]);
    expect(watch.state).toBe("stale");
    await clock.advance(9_999);
    expect(watch.current).toEqual([one]);
    await clock.advance(1);
    expect(watch.current).toEqual([]);
    expect(watch.lastKnown).toEqual([one]);
    expect(watch.state).toBe("fresh");
  });

  it("a list that is not empty is believed at once", async () => {
    const watch = discovery.watch("web");
    await clock.advance(1);
    source.find([one]);
    source.lose();
    source.find([two]);
    expect(watch.current).toEqual([two]);
    expect(watch.state).toBe("fresh");
  });

  it("what comes back within the 10 s was never gone", async () => {
    const watch = discovery.watch("web");
    await clock.advance(1);
    source.find([one]);
    source.find([], { restarted: true });
    await clock.advance(3_000);
    source.find([one]);
    await clock.advance(60_000);
    expect(events).toEqual(["changed"]);
    expect(watch.state).toBe("fresh");
  });

  it("without a restart an emptied list is believed at once", async () => {
    const watch = discovery.watch("web");
    await clock.advance(1);
    source.find([one]);
    source.find([]);
    expect(watch.current).toEqual([]);
    expect(watch.lastKnown).toEqual([one]);
  });
});

describe("watch", () => {
  it("emits nothing for unchanged data, in whatever order it comes", async () => {
    using watch = discovery.watch("web");
    const changes: unknown[] = [];
    watch.events.on("changed", (change) => changes.push(change));
    await clock.advance(1);
    source.find([one, two]);
    source.find([two, one]);
    source.find([anInstance(one), anInstance(two)]);
    expect(changes).toHaveLength(1);
  });

  it("keeps the order where it was asked for", async () => {
    using watch = discovery.watch("web", { near: "_agent" });
    await clock.advance(1);
    source.find([two, one]);
    expect(watch.current).toEqual([two, one]);
  });

  it("shares the work among watches of one service, whatever they filter, and ends it with the last", async () => {
    const watches = [
      discovery.watch("web"),
      discovery.watch("web", { tag: "x" }),
      discovery.watch("web", { status: "any" }),
    ];
    await clock.advance(1);
    expect(source.followed).toHaveLength(1);
    for (const watch of watches) watch.close();
    await clock.advance(1);
    expect(source.sinks).toHaveLength(0);
  });

  it("iterates over the current list and then the changes, skipping what a slow reader missed", async () => {
    const watch = discovery.watch("web");
    const seen: string[][] = [];
    const reading = (async () => {
      for await (const instances of watch) {
        seen.push(instances.map(({ id }) => id));
        if (seen.length === 3) break;
      }
    })();
    await clock.advance(1);
    source.find([]);
    await clock.advance(1);
    source.find([one]);
    source.find([one, two]);
    await clock.advance(1);
    source.find([two]);
    await reading;
    expect(seen).toEqual([[], ["one", "two"], ["two"]]);
  });

  it("ends iterations and waiting calls when it is closed", async () => {
    const watch = discovery.watch("web");
    const iterating = watch[Symbol.asyncIterator]().next();
    const waiting = expect(watch.available()).rejects.toMatchObject({ code: "CLOSED" });
    await clock.advance(1);
    watch.close();
    expect(await iterating).toEqual({ done: true, value: undefined });
    await waiting;
  });

  it("is unharmed by a listener that throws, and needs none for failures", async () => {
    const warned = new Promise((resolve) => process.once("warning", resolve));
    using watch = discovery.watch("web");
    watch.events.on("changed", () => {
      throw new Error("the listener's own problem");
    });
    await clock.advance(1);
    source.lose();
    source.find([one]);
    expect(watch.current).toEqual([one]);
    await warned;
  });

  it("waits for somebody, or just for an answer", async () => {
    using watch = discovery.watch("web");
    const [answered, available] = [watch.ready(), watch.available()];
    await clock.advance(1);
    source.find([]);
    expect(await answered).toEqual([]);
    source.find([one]);
    expect(await available).toEqual([one]);
  });
});

describe("the table", () => {
  it("forgets services that nobody announces and nobody has asked for in 10 minutes", async () => {
    const look = async (name: string): Promise<void> => {
      const looking = discovery.resolve(name).catch(() => {});
      await clock.advance(1);
      for (const sink of source.sinks.slice(-1)) sink.found(name === "web" ? [one] : [], { restarted: false });
      await looking;
    };
    for (const name of ["web", "mistyped", "asked-again"]) await look(name);
    await clock.advance(599_000);
    await discovery.resolve("asked-again").catch(() => {});
    await clock.advance(2_000);
    await look("new");
    expect(source.sinks).toHaveLength(3);
    expect(await discovery.resolve("web")).toEqual([one]);
    await look("mistyped");
    expect(source.followed.map(({ service }) => service)).toEqual([
      "web",
      "mistyped",
      "asked-again",
      "new",
      "mistyped",
    ]);
  });
});

describe("pick", () => {
  const three = [one, two, anInstance({ id: "three", address: "10.0.0.3" })];

  async function picks(count: number, policy: "round-robin" | "random" | "least-outstanding"): Promise<string[]> {
    const ids: string[] = [];
    for (let at = 0; at < count; at += 1) ids.push((await discovery.pick("web", { policy })).instance.id);
    return ids;
  }

  beforeEach(async () => {
    const first = discovery.resolve("web");
    await clock.advance(1);
    source.find(three);
    await first;
  });

  it("takes turns", async () => {
    const ids = await picks(6, "round-robin");
    expect(new Set(ids.slice(0, 3)).size).toBe(3);
    expect(ids.slice(3)).toEqual(ids.slice(0, 3));
  });

  it("takes the one with the fewest that were not released", async () => {
    const [a, b] = [await discovery.pick("web"), await discovery.pick("web", { policy: "least-outstanding" })];
    const c = await discovery.pick("web", { policy: "least-outstanding" });
    expect(new Set([a, b, c].map(({ instance }) => instance.id)).size).toBe(3);
    b.release();
    b.release();
    expect((await discovery.pick("web", { policy: "least-outstanding" })).instance).toBe(b.instance);
  });

  it("takes any at random", async () => {
    expect(await picks(3, "random")).toEqual(["three", "three", "three"]);
  });

  it("passes over one that failed, for 5 s", async () => {
    const failed = await discovery.pick("web");
    failed.release({ failed: true });
    expect(await picks(6, "round-robin")).not.toContain(failed.instance.id);
    await clock.advance(5_000);
    expect(await picks(3, "round-robin")).toContain(failed.instance.id);
  });

  it("takes one that failed rather than none", async () => {
    for (let at = 0; at < 3; at += 1) (await discovery.pick("web")).release({ failed: true });
    expect(await picks(3, "round-robin")).toHaveLength(3);
  });

  it("takes the last ones for 10 s after they went away, then none", async () => {
    source.find([one]);
    source.find([]);
    await expect(discovery.resolve("web")).rejects.toMatchObject({ code: "SERVICE_UNKNOWN" });
    await clock.advance(9_999);
    expect((await discovery.pick("web")).instance.id).toBe("one");
    await clock.advance(1);
    await expect(discovery.pick("web")).rejects.toMatchObject({ code: "SERVICE_UNKNOWN" });
  });

  it("takes critical ones where none is usable, with the tag that was asked for", async () => {
    source.find([
      anInstance({ id: "here", status: "critical", tags: ["a"] }),
      anInstance({ id: "there", status: "critical", tags: ["b"] }),
    ]);
    await clock.advance(10_000);
    await expect(discovery.resolve("web")).rejects.toMatchObject({ code: "NO_USABLE_INSTANCE" });
    expect((await picks(4, "round-robin")).sort()).toEqual(["here", "here", "there", "there"]);
    expect((await discovery.pick("web", { tag: "b" })).instance.id).toBe("there");
    source.find([anInstance({ id: "there", status: "passing" }), anInstance({ id: "here", status: "critical" })]);
    expect(await picks(2, "round-robin")).toEqual(["there", "there"]);
  });

  it("leaves out those that the caller tried, and says when that is all", async () => {
    const avoid = new Set(three.slice(1).map(instanceKey));
    expect((await discovery.pick("web", { avoid })).instance.id).toBe(three[0]?.id);
    avoid.add(instanceKey(one));
    await expect(discovery.pick("web", { avoid })).rejects.toMatchObject({ code: "NO_USABLE_INSTANCE" });
  });

  it("refuses a policy it does not know", async () => {
    await expect(discovery.pick("web", { policy: "best" as never })).rejects.toThrow(
      /^policy: "best" is none of round-robin/,
    );
  });
});

describe("a fixed list", () => {
  const list = new Discovery({
    source: fixed({
      services: { mysql: [{ address: "10.0.0.5", port: 3306, tags: ["primary"] }] },
      nodes: { db1: "10.0.0.5" },
    }),
  });

  it("is resolved like any other source", async () => {
    expect(await list.resolve("mysql", { tag: "primary" })).toMatchObject([{ id: "10.0.0.5:3306", status: "passing" }]);
    expect(await list.node("db1")).toBe("10.0.0.5");
  });

  it("says what it does not know and can't do", async () => {
    await expect(list.resolve("web")).rejects.toMatchObject({ code: "SERVICE_UNKNOWN" });
    await expect(list.node("db2")).rejects.toMatchObject({ code: "NODE_UNKNOWN" });
    await expect(list.resolve("mysql", { near: "_agent" })).rejects.toMatchObject({ code: "UNSUPPORTED" });
    expect(() => list.announce({ service: "web", port: 80 })).toThrow(/can't announce/);
    expect(() => fixed({ services: { web: [{ address: "", port: 1 }] } })).toThrow(
      /^services.web: an address is missing/,
    );
    expect(() => fixed({ services: { web: [{ address: "a", port: 1.5 }] } })).toThrow(/1.5 is not a port/);
  });
});
