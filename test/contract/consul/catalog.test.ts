import type { Behaviour } from "../behaviour.ts";
import { contract } from "../contract.ts";
import { ask } from "./ask.ts";
import { backends, type ConsulBackend } from "./backends.ts";
import { asked, refusedByName, told, until } from "./transcript.ts";

const register = "PUT /v1/catalog/register";
const deregister = "PUT /v1/catalog/deregister";

/** What is refused, with the same text on a server and, by way of the server, on a client. */
const refusals: readonly (readonly [what: string, body: unknown])[] = [
  [register, ""],
  [register, "{"],
  [register, "[]"],
  [register, '{"Node":"x" "y"}'],
  [register, '{"Node":"x",}'],
  [register, '{"Node":tru}'],
  [register, '{"Node":"a\\x"}'],
  [register, "{'Node':1}"],
  [register, "-"],
  [register, { Node: 5 }],
  [register, { Node: "x", Address: true }],
  [register, { Node: "x", Address: "1.2.3.4", NodeMeta: [] }],
  [register, { Node: "x", Address: "1.2.3.4", Unknown: 1 }],
  [register, { Node: "x", Address: "1.2.3.4", Service: { Service: "s", Port: "x" } }],
  [register, { Node: "x", Address: "1.2.3.4", Service: { Service: "s", Port: 1.5 } }],
  [register, { Node: "x", Address: "1.2.3.4", Service: { Service: "s", Weights: { Passing: {} } } }],
  [register, { Node: "x", Address: "1.2.3.4", Service: [] }],
  [register, { Node: "x", Address: "1.2.3.4", Checks: {} }],
  [register, { Node: "x", Address: "1.2.3.4", Check: { Name: "n", Definition: { Interval: "x" } } }],
  [register, { Node: "x" }],
  [register, { Address: "1.2.3.4" }],
  [register, {}],
  [register, { Node: "x", Address: "1.2.3.4", ID: "short" }],
  [register, { Node: "x", Address: "1.2.3.4", ID: "0000000000000000000000000000000000-0" }],
  [register, { Node: "x", Address: "1.2.3.4", ID: "zzzzzzzz-0000-0000-0000-000000000000" }],
  [register, { Node: "x", Address: "1.2.3.4", Datacenter: "dc9" }],
  [register, { Node: "x", Address: "1.2.3.4", Service: { ID: "s" } }],
  [register, { Node: "x", Address: "1.2.3.4", Service: {} }],
  [register, { Node: "x", Address: "1.2.3.4", Service: { Service: "s", Address: "0.0.0.0" } }],
  [register, { Node: "x", Address: "1.2.3.4", Service: { Service: "s", Meta: { "a b": "c" } } }],
  [register, { Node: "x", Address: "1.2.3.4", Service: { Service: "s", Meta: { "": "c" } } }],
  [register, { Node: "x", Address: "1.2.3.4", Service: { Service: "s", Meta: { "consul-x": "c" } } }],
  [register, { Node: "x", Address: "1.2.3.4", Service: { Service: "s", Meta: { ["k".repeat(129)]: "c" } } }],
  [register, { Node: "x", Address: "1.2.3.4", Service: { Service: "s", Meta: { k: "v".repeat(513) } } }],
  [register, { Node: "x", Address: "1.2.3.4", Check: { Node: "other", Name: "n" } }],
  [register, { Node: "x", Address: "1.2.3.4", Check: { Name: "n", ServiceID: "none" } }],
  [register, { Node: "x", Address: "1.2.3.4", Check: {} }],
  [deregister, "{"],
  [deregister, {}],
  [deregister, { Node: "x", Datacenter: "dc9" }],
  [deregister, { Node: "x", Unknown: 1 }],
  ["GET /v1/catalog/service/", undefined],
  ["GET /v1/catalog/node/", undefined],
  ["GET /v1/catalog/node-services/", undefined],
  ["GET /v1/catalog/nodes?dc=dc9", undefined],
  ["GET /v1/catalog/nodes?ns=x", undefined],
  ["GET /v1/catalog/nodes?wait=soon", undefined],
  ["GET /v1/catalog/nodes?wait=5", undefined],
  ["GET /v1/catalog/nodes?index=x", undefined],
  ["GET /v1/catalog/nodes?index=-1", undefined],
  ["GET /v1/catalog/nodes?index=99999999999999999999", undefined],
  ["GET /v1/catalog/nodes?stale&consistent", undefined],
  ["GET /v1/catalog/nodes?cached&consistent", undefined],
  ["GET /v1/catalog/nodes?max_stale=x", undefined],
  ["GET /v1/catalog/nodes?max_stale=5s&consistent", undefined],
  ["PUT /v1/catalog/nodes", undefined],
  ["GET /v1/catalog/register", undefined],
];

const refused = refusals.map(
  ([what, body], at): Behaviour<ConsulBackend> => ({
    name: `refuses (${at + 1}) ${what} ${typeof body === "string" ? body : (JSON.stringify(body) ?? "")}`.slice(0, 160),
    run: async ({ server, agent }) => {
      const step = body === undefined ? what : ([what, body] as const);
      return [await asked(server, step), await asked(agent, step), await asked(server, "GET /v1/catalog/node/x")];
    },
  }),
);

const external = { Node: "External", Address: "10.0.0.1", NodeMeta: { rack: "r1", ssd: "yes" } };

const behaviours: readonly Behaviour<ConsulBackend>[] = [
  {
    name: "a fresh datacenter has its server, its agent, and the service consul",
    run: async ({ server, agent }) => {
      await until(
        () => ask(server, "GET /v1/catalog/nodes"),
        ({ body }) => !JSON.stringify(body).includes("null"),
      );
      return [
        await asked(server, "GET /v1/catalog/nodes", "GET /v1/catalog/services", "GET /v1/catalog/service/consul"),
        await asked(agent, "GET /v1/catalog/node/server", "GET /v1/catalog/node/agent", "GET /v1/catalog/datacenters"),
      ];
    },
  },
  {
    name: "a node may be registered alone, with a service, and with checks",
    run: async ({ agent }) =>
      await asked(
        agent,
        [register, external],
        "GET /v1/catalog/node/External",
        [
          register,
          { ...external, Service: { Service: "cat-a", Port: 80, Tags: ["x"] }, Check: { Name: "node check" } },
        ],
        [register, { ...external, Service: { Service: "cat-a", ID: "a2", Meta: { k: "v" }, Address: "10.0.0.2" } }],
        [
          register,
          { ...external, Checks: [{ CheckID: "c2", Name: "two", ServiceID: "a2", Status: "passing", Notes: "n" }] },
        ],
        "GET /v1/catalog/node/external",
        "GET /v1/catalog/node-services/External",
        "GET /v1/catalog/service/cat-a",
        "GET /v1/health/node/External",
        "GET /v1/catalog/services",
        [deregister, { Node: "External" }],
        "GET /v1/catalog/node/External",
        "GET /v1/catalog/node-services/External",
        "GET /v1/catalog/service/cat-a",
      ),
  },
  {
    name: "names are found whatever their case",
    run: async ({ server }) =>
      await asked(
        server,
        [register, { ...external, Service: { Service: "Cat-Case" } }],
        "GET /v1/catalog/service/cat-case",
        "GET /v1/catalog/service/CAT-CASE",
        "GET /v1/catalog/node/EXTERNAL",
        [deregister, { Node: "eXternal", ServiceID: "CAT-case" }],
        "GET /v1/catalog/node/External",
        [deregister, { Node: "EXTERNAL" }],
        "GET /v1/catalog/nodes",
      ),
  },
  {
    name: "any name is one",
    run: async ({ agent }) =>
      await asked(
        agent,
        [
          register,
          {
            ...external,
            NodeMeta: JSON.parse('{"__proto__":"x"}'),
            Service: { Service: "__proto__", ID: "ä/ö &", Tags: ["<é>"] },
          },
        ],
        "GET /v1/catalog/services",
        "GET /v1/catalog/service/__proto__?node-meta=__proto__:x",
        "GET /v1/health/service/__proto__?tag=%3C%C3%A9%3E",
        "GET /v1/catalog/service/constructor",
        [deregister, { Node: "External" }],
      ),
  },
  {
    name: "one service, then one check, then the node is taken away",
    run: async ({ agent }) =>
      await asked(
        agent,
        [register, { ...external, Service: { Service: "cat-b" }, Check: { Name: "b", ServiceID: "cat-b" } }],
        [register, { ...external, Service: { Service: "cat-c" }, Check: { Name: "c" } }],
        [deregister, { Node: "External", ServiceID: "cat-b" }],
        "GET /v1/health/node/External",
        [deregister, { Node: "External", CheckID: "c" }],
        "GET /v1/health/node/External",
        [deregister, { Node: "External", ServiceID: "none" }],
        [deregister, { Node: "External", CheckID: "none" }],
        "GET /v1/catalog/node/External",
        [deregister, { Node: "External" }],
        [deregister, { Node: "External" }],
        "GET /v1/catalog/service/cat-c",
      ),
  },
  {
    name: "SkipNodeUpdate leaves a known node as it is, and makes one that isn't known",
    run: async ({ agent }) =>
      await asked(
        agent,
        [register, external],
        [register, { Node: "External", Address: "10.9.9.9", SkipNodeUpdate: true, Service: { Service: "cat-skip" } }],
        "GET /v1/catalog/node/External",
        [register, { Node: "External2", SkipNodeUpdate: true }],
        "GET /v1/catalog/node/External2",
        [deregister, { Node: "External" }],
        [deregister, { Node: "External2" }],
      ),
  },
  {
    name: "instances are chosen by tags, all of them, whatever their case",
    run: async ({ agent }) =>
      await asked(
        agent,
        [register, { ...external, Service: { Service: "cat-tag", ID: "1", Tags: ["Alpha", "beta"] } }],
        [register, { ...external, Service: { Service: "cat-tag", ID: "2", Tags: ["beta"] } }],
        [register, { ...external, Service: { Service: "cat-tag", ID: "3" } }],
        "GET /v1/catalog/service/cat-tag?tag=alpha",
        "GET /v1/catalog/service/cat-tag?tag=beta&tag=ALPHA",
        "GET /v1/catalog/service/cat-tag?tag=none",
        "GET /v1/catalog/service/cat-tag?tag=",
        [deregister, { Node: "External" }],
      ),
  },
  {
    name: "nodes, services and instances are chosen by the metadata of nodes",
    run: async ({ agent }) =>
      await asked(
        agent,
        [register, { ...external, Service: { Service: "cat-meta" } }],
        "GET /v1/catalog/nodes?node-meta=rack:r1",
        "GET /v1/catalog/nodes?node-meta=rack:r1&node-meta=ssd:yes",
        "GET /v1/catalog/nodes?node-meta=rack:r2",
        "GET /v1/catalog/services?node-meta=rack:r1",
        "GET /v1/catalog/services?node-meta=rack:r2",
        "GET /v1/catalog/service/cat-meta?node-meta=ssd:yes",
        "GET /v1/catalog/service/cat-meta?node-meta=ssd:no",
        "GET /v1/catalog/service/cat-meta?node-meta=none",
        [deregister, { Node: "External" }],
      ),
  },
  {
    name: "near an agent, its own instances come first, those of nodes without an agent last",
    run: async ({ agent }) =>
      await asked(
        agent,
        [register, { Node: "zz-external", Address: "10.0.0.1", Service: { Service: "cat-near" } }],
        ["PUT /v1/agent/service/register", { Name: "cat-near" }],
        "GET /v1/catalog/service/cat-near?near=_agent",
        "GET /v1/catalog/service/cat-near?near=agent",
        "GET /v1/catalog/service/cat-near?near=nobody",
        "PUT /v1/agent/service/deregister/cat-near",
        [deregister, { Node: "zz-external" }],
      ),
  },
  {
    name: "a node is found by its id, and by the beginning of it",
    run: async ({ server }) => {
      const ID = "11112222-3333-4444-5555-666677778888";
      return await asked(
        server,
        [register, { ...external, ID }],
        `GET /v1/catalog/node/${ID}`,
        `GET /v1/catalog/node/${ID.slice(0, 12)}`,
        `GET /v1/catalog/node/${ID.slice(0, 13)}`,
        `GET /v1/catalog/node/${ID.slice(0, 4)}`,
        `GET /v1/catalog/node/${ID.slice(0, 3)}`,
        `GET /v1/catalog/node/${ID.slice(0, 2)}`,
        `GET /v1/catalog/node/${ID.slice(0, 1)}`,
        [register, { ...external, Node: "Renamed", ID }],
        "GET /v1/catalog/node/External",
        "GET /v1/catalog/node/Renamed",
        [register, { Node: "agent", Address: "10.0.0.9", ID }],
        [register, { Node: "agent", Address: "10.0.0.9", ID: "99992222-3333-4444-5555-666677778888" }],
        [deregister, { Node: "Renamed" }],
      );
    },
  },
  {
    name: "a check in the catalog keeps its definition and any status",
    run: async ({ agent }) => {
      const Definition = { HTTP: "http://10.0.0.1/health", Interval: "10s", Timeout: 2_000_000_000, Method: "GET" };
      return await asked(
        agent,
        [register, { ...external, Check: { Name: "http", Definition } }],
        [
          register,
          { ...external, Check: { Name: "tcp", Definition: { TCP: "10.0.0.1:1", Interval: "1m30s" }, Status: "odd" } },
        ],
        [register, { ...external, Check: { Name: "typed", Type: "mine", Output: "<b>&" } }],
        "GET /v1/health/node/External",
        "GET /v1/health/state/odd",
        [deregister, { Node: "External" }],
      );
    },
  },
  {
    name: "a service keeps its weights, tagged addresses and tag override",
    run: async ({ agent }) => {
      const more = { Weights: { Passing: 5, Warning: 2 }, EnableTagOverride: true };
      const TaggedAddresses = { lan: { Address: "10.0.0.3", Port: 1 }, wan: { address: "10.0.0.4" } };
      return await asked(
        agent,
        [
          register,
          {
            ...external,
            TaggedAddresses: { lan: "10.1.1.1" },
            Service: { Service: "cat-full", ...more, TaggedAddresses },
          },
        ],
        "GET /v1/catalog/service/cat-full",
        "GET /v1/catalog/node/External",
        "GET /v1/health/service/cat-full",
        [deregister, { Node: "External" }],
      );
    },
  },
  {
    name: "reads tell which consistency they have",
    run: async ({ agent }) =>
      await asked(
        agent,
        "GET /v1/catalog/service/none?stale",
        "GET /v1/catalog/service/none?consistent",
        "GET /v1/catalog/service/none?max_stale=1s",
        "GET /v1/catalog/service/none?max_stale=0s",
      ),
  },
  {
    name: "pretty answers are indented",
    run: async ({ agent }) => {
      const text = await (await fetch(`${agent.address}/v1/catalog/datacenters?pretty`)).text();
      return { pretty: text, plain: await (await fetch(`${agent.address}/v1/catalog/datacenters`)).text() };
    },
  },
  {
    name: "answers from a cache are refused by name",
    run: async (backend) => {
      const reply = await ask(backend.agent, "GET /v1/catalog/service/consul?cached");
      return told(refusedByName(backend, reply, 'the parameter "cached"'));
    },
    differs: { embedded: "501 names the parameter; the real one has a cache" },
  },
  {
    name: "filter expressions are refused by name",
    run: async (backend) => {
      const reply = await ask(backend.agent, "GET /v1/catalog/nodes?filter=Node%3D%3Dagent");
      return told(refusedByName(backend, reply, 'the parameter "filter" of /v1/catalog/nodes'));
    },
    differs: { embedded: "501 names the parameter; the real one filters" },
  },
  ...refused,
];

contract({ title: "Consul: catalog", backends, behaviours });
