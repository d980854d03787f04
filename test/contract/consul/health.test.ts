import type { Behaviour } from "../behaviour.ts";
import { contract } from "../contract.ts";
import { ask } from "./ask.ts";
import { backends, type ConsulBackend } from "./backends.ts";
import { asked } from "./transcript.ts";

const register = "PUT /v1/agent/service/register";
const away = (...ids: string[]): string[] => ids.map((id) => `PUT /v1/agent/service/deregister/${id}`);
const external = { Node: "Outside", Address: "10.0.0.1", NodeMeta: { rack: "r1" } };

const refusals = [
  "GET /v1/health/service/",
  "GET /v1/health/checks/",
  "GET /v1/health/node/",
  "GET /v1/health/state/",
  "GET /v1/health/service/none?passing=perhaps",
  "GET /v1/health/service/none?wait=x",
  "GET /v1/health/service/none?index=x",
  "GET /v1/health/service/none?stale&consistent",
  "GET /v1/health/service/none?dc=dc9",
  "GET /v1/health/service/none?ns=x",
  "PUT /v1/health/service/none",
  "DELETE /v1/health/state/any",
];

const behaviours: readonly Behaviour<ConsulBackend>[] = [
  {
    name: "nothing is known of a service, a node and a state that nobody has",
    run: async ({ agent }) =>
      await asked(
        agent,
        "GET /v1/health/service/none",
        "GET /v1/health/checks/none",
        "GET /v1/health/node/none",
        "GET /v1/health/state/none",
        "GET /v1/health/state/warning",
      ),
  },
  {
    name: "an instance has the checks of its node, then its own",
    run: async ({ agent }) =>
      await asked(
        agent,
        [register, { Name: "h-a", Tags: ["x"], Checks: [{ TTL: "1h" }, { TTL: "1h", CheckID: "aa-first" }] }],
        ["PUT /v1/agent/check/register", { Name: "whole node", TTL: "1h", Status: "passing" }],
        "GET /v1/health/service/h-a",
        "GET /v1/health/checks/h-a",
        "GET /v1/health/checks/H-A",
        "GET /v1/health/node/agent",
        "GET /v1/health/state/critical",
        "GET /v1/health/state/any",
        "PUT /v1/agent/check/deregister/whole%20node",
        ...away("h-a"),
      ),
  },
  {
    name: "passing ones are those without any other check",
    run: async ({ agent }) =>
      await asked(
        agent,
        ...["passing", "warning", "critical", "passing", "critical", "passing"].map(
          (Status, at) => [register, { Name: "h-b", ID: `b${at}`, Check: { TTL: "1h", Status } }] as const,
        ),
        "GET /v1/health/service/h-b?passing",
        "GET /v1/health/service/h-b?passing=true",
        "GET /v1/health/service/h-b?passing=1",
        "GET /v1/health/service/h-b?passing=false",
        "GET /v1/health/service/h-b?passing=0",
        "PUT /v1/agent/check/fail/service:b3",
        "GET /v1/health/service/h-b?passing",
        ...away("b0", "b1", "b2", "b3", "b4", "b5"),
      ),
  },
  {
    name: "instances are chosen by tags and by the metadata of their node",
    run: async ({ agent }) =>
      await asked(
        agent,
        [register, { Name: "h-c", ID: "c1", Tags: ["One", "two"] }],
        [register, { Name: "h-c", ID: "c2", Tags: ["two"] }],
        [
          "PUT /v1/catalog/register",
          { ...external, Service: { Service: "h-c" }, Check: { Name: "c", ServiceID: "h-c" } },
        ],
        "GET /v1/health/service/h-c?tag=one",
        "GET /v1/health/service/h-c?tag=one&tag=TWO",
        "GET /v1/health/service/h-c?tag=three",
        "GET /v1/health/service/h-c?node-meta=rack:r1",
        "GET /v1/health/service/h-c?node-meta=rack:r2",
        "GET /v1/health/checks/h-c?node-meta=rack:r1",
        "GET /v1/health/checks/h-c?node-meta=rack:r2",
        "GET /v1/health/state/critical?node-meta=rack:r1",
        "GET /v1/health/state/any?node-meta=rack:r2",
        "GET /v1/health/service/h-c?near=_agent",
        "GET /v1/health/checks/h-c?near=agent",
        "GET /v1/health/state/critical?near=_agent",
        ["PUT /v1/catalog/deregister", { Node: "Outside" }],
        ...away("c1", "c2"),
      ),
  },
  {
    name: "a TTL check follows pass, warn, fail and update, with its note",
    run: async ({ agent }) =>
      await asked(
        agent,
        [register, { Name: "h-d", Check: { TTL: "1h" } }],
        "PUT /v1/agent/check/pass/service:h-d?note=all%20well",
        "GET /v1/health/checks/h-d",
        "PUT /v1/agent/check/warn/service:h-d?note=hm",
        "GET /v1/health/checks/h-d",
        "PUT /v1/agent/check/fail/service:h-d",
        "GET /v1/health/checks/h-d",
        ["PUT /v1/agent/check/update/service:h-d", { Status: "passing", Output: "<ok> & é" }],
        "GET /v1/health/checks/h-d",
        ["PUT /v1/agent/check/update/service:h-d", { Status: "passing", Output: "later" }],
        "GET /v1/agent/checks",
        "GET /v1/health/checks/h-d",
        ["PUT /v1/agent/check/update/service:h-d", { Status: "critical", Output: "x".repeat(5000) }],
        "GET /v1/health/checks/h-d",
        ...away("h-d"),
      ),
  },
  {
    name: "a check that goes takes its trouble with it",
    run: async ({ agent }) =>
      await asked(
        agent,
        [
          register,
          {
            Name: "h-e",
            Checks: [
              { TTL: "1h", CheckID: "good", Status: "passing" },
              { TTL: "1h", CheckID: "bad" },
            ],
          },
        ],
        "GET /v1/health/service/h-e?passing",
        "PUT /v1/agent/check/deregister/bad",
        "GET /v1/health/service/h-e?passing",
        "GET /v1/health/state/critical",
        ...away("h-e"),
      ),
  },
  {
    name: "a service that changes its name is found by the new one alone",
    run: async ({ agent }) =>
      await asked(
        agent,
        [register, { Name: "h-old", ID: "renamed", Check: { TTL: "1h" } }],
        [register, { Name: "h-new", ID: "renamed", Check: { TTL: "1h" } }],
        "GET /v1/catalog/service/h-old",
        "GET /v1/health/service/h-new",
        "GET /v1/health/checks/h-old",
        ...away("renamed"),
      ),
  },
  {
    name: "a service that the catalog lost is written again with the next change",
    run: async ({ agent }) => {
      const lost = await asked(
        agent,
        [register, { Name: "h-f", Check: { TTL: "1h", Status: "passing" } }],
        ["PUT /v1/catalog/deregister", { Node: "agent", ServiceID: "h-f" }],
        "GET /v1/health/service/h-f",
        [register, { Name: "h-f", Port: 1, Check: { TTL: "1h", Status: "passing" } }],
        "GET /v1/health/service/h-f",
        ...away("h-f"),
      );
      return lost;
    },
  },
  ...refusals.map(
    (what): Behaviour<ConsulBackend> => ({
      name: `refuses ${what}`,
      run: async ({ server, agent }) => [await ask(server, what), await ask(agent, what)],
    }),
  ),
];

contract({ title: "Consul: health", backends, behaviours });
