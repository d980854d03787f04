import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { instancesFromHealth } from "../src/consul-answer.ts";
import { DiscoveryError } from "../src/errors.ts";
import { filterInstances } from "../src/instance.ts";
import { anInstance, healthEntry } from "./making.ts";

describe("an answer of the health endpoint", () => {
  it("becomes instances", () => {
    const wanted = anInstance({ tags: ["a"], meta: { zone: "x" }, status: "warning" });
    expect(instancesFromHealth([healthEntry(wanted)], "web")).toEqual([wanted]);
  });

  it("gives an instance without an address its node's", () => {
    expect(instancesFromHealth([healthEntry({ address: "" })], "web")[0]?.address).toBe("10.9.9.9");
  });

  it("lets the worst check decide, an unknown status being the worst", () => {
    const statuses = (list: unknown): unknown =>
      instancesFromHealth([{ ...(healthEntry() as object), Checks: list }], "web")[0]?.status;
    expect(statuses([])).toBe("passing");
    expect(statuses(null)).toBe("passing");
    expect(statuses([{ Status: "passing" }, { Status: "warning" }])).toBe("warning");
    expect(statuses([{ Status: "critical" }, { Status: "warning" }])).toBe("critical");
    expect(statuses([{ Status: "maintenance" }])).toBe("critical");
  });

  it.each([
    [null],
    ["passing"],
    [{}],
    [[null]],
    [[{}]],
    [[{ Node: { Node: "n", Address: "a" }, Service: { ID: "i", Service: "s", Port: "80" } }]],
    [[{ Node: { Node: "n" }, Service: { ID: "i", Service: "s", Port: 80 } }]],
    [[healthEntry(), 7]],
  ])("that is %j is not believed", (body) => {
    expect(() => instancesFromHealth(body, "web")).toThrow(/looking up web: Consul's answer makes no sense/);
  });

  it("of any shape gives well-formed instances or one kind of error", () => {
    const entry = fc.record(
      {
        Node: fc.anything(),
        Service: fc.oneof(fc.anything(), fc.record({ ID: fc.anything(), Service: fc.string(), Port: fc.anything() })),
        Checks: fc.anything(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.array(entry), fc.jsonValue()), (body) => {
        try {
          for (const instance of instancesFromHealth(body, "web")) {
            expect(instance.address).not.toBe("");
            expect(Number.isInteger(instance.port)).toBe(true);
            expect(["passing", "warning", "critical"]).toContain(instance.status);
          }
        } catch (error) {
          if (!(error instanceof DiscoveryError)) throw error;
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("of the instances found", () => {
  const [passing, warning, critical] = (["passing", "warning", "critical"] as const).map((status) =>
    anInstance({ id: status, status, tags: [status] }),
  );
  const all = [critical, warning, passing].filter((instance) => instance !== undefined);

  it("the passing ones are usable", () => {
    expect(filterInstances(all, { status: "usable" })).toEqual([passing]);
  });

  it("those with a warning are usable where none passes", () => {
    expect(filterInstances(all.slice(0, 2), { status: "usable" })).toEqual([warning]);
  });

  it("critical ones never are, but count as any", () => {
    expect(filterInstances(all.slice(0, 1), { status: "usable" })).toEqual([]);
    expect(filterInstances(all.slice(0, 1), { status: "any" })).toEqual([critical]);
  });

  it("a tag chooses without regard to case, before the status does", () => {
    expect(filterInstances(all, { status: "usable", tag: "WARNING" })).toEqual([warning]);
  });
});
