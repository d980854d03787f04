import { ManualClock } from "@minicluster/core/testing";
import { type Consul, startEmbeddedConsul } from "@minicluster/servers";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { missingRoutes } from "../../src/embedded-consul/missing-routes.ts";
import { routes } from "../../src/embedded-consul/routes.ts";
import { requestsEach, send, wildQuery, wildRequests } from "./wild-request.ts";

const names = ["Name", "ID", "Node", "Address", "Port", "Tags", "Meta", "Check", "Checks", "CheckID", "ServiceID"];
const more = ["Status", "TTL", "Interval", "Behavior", "LockDelay", "KV", "Verb", "Key", "Value", "Service", "Weights"];

/** No index above what there is: such a question is right to wait for minutes. */
const query = wildQuery({
  index: ["0", "x", "-1", "18446744073709551616"],
  wait: ["0", "10ms", "x", "-1s", "1e9h"],
  dc: ["", "dc1", "dc2"],
  cas: ["0", "x", "-1", "1e5"],
  flags: ["1", "-1", "x"],
  acquire: ["x", ""],
  release: ["x"],
  recurse: [""],
  keys: [""],
  separator: ["/", ""],
  enable: ["", "true", "x"],
  near: ["_agent", "x"],
  tag: ["x", ""],
  passing: ["", "x"],
  filter: ["x", 'CheckID == "x"', "=="],
  pretty: [""],
  stale: [""],
  consistent: [""],
});
const rest = fc.oneof(fc.constantFrom("x", "mysql", "a/b", "", "agent", "%20"), fc.string().map(encodeURIComponent));
const places = [
  ...routes.map(({ path, methods }) => ({ path, methods })),
  ...missingRoutes.map((path) => ({ path, methods: ["GET", "PUT"] })),
  { path: "/", methods: ["GET"] },
];

/** The others have done their work before they know that the body was cut short, as the real ones have. */
const readsBody = /register$|update|kv|txn|create/;

const state = [
  "/v1/kv/?recurse",
  "/v1/session/list",
  "/v1/catalog/nodes",
  "/v1/catalog/services",
  "/v1/health/state/any",
  "/v1/agent/services",
  "/v1/agent/checks",
];

describe("whatever an embedded Consul is asked", () => {
  // Nothing happens by itself: what changes was changed by a request.
  const clock = new ManualClock();
  let consul: Consul;

  beforeAll(async () => {
    consul = await startEmbeddedConsul({ clock });
    const kept = await fetch(`${consul.address}/v1/kv/x`, { method: "PUT", body: "kept" });
    expect(kept.status).toBe(200);
  });
  afterAll(() => consul?.close());

  async function look(): Promise<string> {
    const answers = await Promise.all(state.map((path) => fetch(consul.address + path)));
    return (await Promise.all(answers.map((answer) => answer.text()))).join("\n");
  }

  test.each(places)("$methods $path answers, and changes nothing where it refuses", async ({ path, methods }) => {
    const way = path.endsWith("/") ? rest.map((below) => path + below) : fc.constant(path);
    const headers = fc.constantFrom<Record<string, string>>({}, { "X-Consul-Token": "x" }, { Expect: "x" });
    const requests = wildRequests({ methods, path: way, names: [...names, ...more], query, headers });
    let before = await look();
    const ask = async (request: Parameters<typeof send>[1]): Promise<void> => {
      const { status, text } = await send(consul.address, request);
      const after = await look();
      const unchanged = after === before;
      // Before it can fail: the smaller requests that are tried then start from here.
      before = after;
      expect(text).not.toMatch(/^embedded Consul: (?!.*is not implemented)/);
      const refused = status === undefined ? readsBody.test(path) : status >= 400;
      if (refused) expect(unchanged, `status ${status}`).toBe(true);
    };
    await fc.assert(fc.asyncProperty(requests, ask), { numRuns: requestsEach(places.length) });
  });
});
