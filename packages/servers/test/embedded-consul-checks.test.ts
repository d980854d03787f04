import { ManualClock } from "@minicluster/core/testing";
import { expect, it } from "vitest";
import type { CheckSpec } from "../src/embedded-consul/check-spec.ts";
import { LocalServices } from "../src/embedded-consul/local-services.ts";

const spec: CheckSpec = {
  type: "ttl",
  http: "",
  tcp: "",
  header: {},
  method: "",
  body: "",
  tlsSkipVerify: false,
  intervalNs: 0,
  timeoutNs: 0,
  ttlNs: 60e9,
  successBeforePassing: 0,
  failuresBeforeCritical: 0,
  deregisterAfterNs: 0,
  outputMaxSize: 4_096,
};

const check: Parameters<LocalServices["setCheck"]>[0] = {
  Node: "node",
  CheckID: "web",
  Name: "web",
  Status: "critical",
  Notes: "",
  Output: "",
  ServiceID: "web",
  ServiceName: "web",
  ServiceTags: [],
  Type: "ttl",
  Definition: {},
};

it("a change of status in place of a deferred change of output leaves no timer at the end", () => {
  const clock = new ManualClock();
  let synced = 0;
  const local = new LocalServices({ clock, passed: async () => {}, changed: () => (synced += 1) });
  local.start();
  local.setCheck(check, spec);
  local.report("web", "passing", "well");
  local.report("web", "passing", "still well");
  // Of the TTL, and of the output that is synced later.
  expect([clock.pending, synced]).toEqual([2, 1]);
  local.report("web", "critical", "gone");
  expect([clock.pending, synced]).toEqual([1, 2]);
  local.stop();
  expect(clock.pending).toBe(0);
});
