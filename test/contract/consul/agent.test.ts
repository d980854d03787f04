import type { Behaviour } from "../behaviour.ts";
import { contract } from "../contract.ts";
import { ask } from "./ask.ts";
import { backends, type ConsulBackend } from "./backends.ts";
import { asked, refusedByName, told } from "./transcript.ts";

const register = "PUT /v1/agent/service/register";
const check = "PUT /v1/agent/check/register";
const update = "PUT /v1/agent/check/update/none";
const state = ["GET /v1/agent/services", "GET /v1/agent/checks"] as const;

/** What is refused; the agent holds nothing afterwards. */
const refusals: readonly (readonly [what: string, body?: unknown])[] = [
  [register, ""],
  [register, "{"],
  [register, '{"Name":"x","Port":01}'],
  [register, '{"Name":"x","Port":1e}'],
  [register, '{"Name":"x\n"}'],
  [register, '{"Name":"\\u12g4"}'],
  [register, "null"],
  [register, {}],
  [register, { Name: 5 }],
  [register, { Name: "x", Port: "y" }],
  [register, '{"Name":"x","Port":99999999999999999999}'],
  [register, { Name: "x", Tags: "y" }],
  [register, { Name: "x", Tags: [5] }],
  [register, { Name: "x", Meta: { a: 5 } }],
  [register, { Name: "x", Meta: [] }],
  [register, { Name: "x", Unknown: 5 }],
  [register, { Name: "x", Check: { TTL: "y" } }],
  [register, { Name: "x", Check: { TTL: "5" } }],
  [register, { Name: "x", Check: { TTL: "5 s" } }],
  [register, { Name: "x", Check: { TTL: "" } }],
  [register, { Name: "x", Check: { HTTP: 5 } }],
  [register, { Name: "x", Check: { Unknown: 5 } }],
  [register, { Name: "x", Checks: [{ HTTP: 5 }] }],
  [register, { Name: "x", Checks: 5 }],
  [register, { Name: "x", Weights: { Passing: "a" } }],
  [register, { Name: "x", Weights: { Passing: 0 } }],
  [register, { Name: "x", Weights: { Passing: 1, Warning: -1 } }],
  [register, { Name: "x", Weights: { Passing: 70000 } }],
  [register, { Name: "x", TaggedAddresses: { lan: { Port: "a" } } }],
  [register, { Name: "x", TaggedAddresses: { lan_ipv4: { Address: "::1" } } }],
  [register, { Name: "x", TaggedAddresses: { lan_ipv6: { Address: "10.0.0.1" } } }],
  [register, { Name: "x", Address: "0.0.0.0" }],
  [register, { Name: "x", Address: "::" }],
  [register, { Name: "x", Meta: { "a b": "c" } }],
  [register, { Name: "x", Check: { HTTP: "http://127.0.0.1:1/" } }],
  [register, { Name: "x", Check: { TCP: "127.0.0.1:1", Interval: "5s", TTL: "5s" } }],
  [register, { Name: "x", Check: { Status: "passing" } }],
  [register, { Name: "x", Check: { TTL: "5s", Status: "odd" } }],
  [register, { Name: "x", Check: { TTL: "5s", OutputMaxSize: -1 } }],
  [register, { Name: "x", Checks: [{ TTL: "5s" }, { Name: "bad" }] }],
  [register, { Name: "x", Check: { Args: ["true"], Interval: "5s" } }],
  [register, { Name: "x", Check: { ScriptArgs: ["true"], Interval: "5s" } }],
  [check, "{"],
  [check, {}],
  [check, { Name: "x" }],
  [check, { Name: "x", TTL: "y" }],
  [check, { Name: "x", TTL: {} }],
  [check, { Name: "x", Header: { a: "b" } }],
  [check, { Name: "x", Unknown: 1 }],
  [check, { Name: "x", TTL: "5s", Status: "odd" }],
  [check, { Name: "x", TTL: "5s", ServiceID: "none" }],
  [check, { Name: "x", Args: ["true"], Interval: "5s" }],
  [check, { Name: "x", HTTP: "http://127.0.0.1:1/" }],
  [check, { Name: "x", TTL: "5s", Interval: "5s" }],
  [update, "{"],
  [update, { Status: 5 }],
  [update, { Unknown: 5 }],
  [update, { Status: "odd" }],
  [update, {}],
  [update, { Status: "passing" }],
  ["PUT /v1/agent/check/pass/none"],
  ["PUT /v1/agent/check/warn/"],
  ["PUT /v1/agent/check/fail/none?note=x"],
  ["PUT /v1/agent/check/deregister/"],
  ["PUT /v1/agent/check/deregister/none"],
  ["PUT /v1/agent/service/deregister/"],
  ["PUT /v1/agent/service/deregister/none"],
  ["PUT /v1/agent/service/maintenance/"],
  ["PUT /v1/agent/service/maintenance/none"],
  ["PUT /v1/agent/service/maintenance/none?enable=perhaps"],
  ["PUT /v1/agent/service/maintenance/none?enable=true"],
  ["PUT /v1/agent/service/maintenance/none?enable=0"],
  ["PUT /v1/agent/maintenance"],
  ["PUT /v1/agent/maintenance?enable="],
  ["GET /v1/agent/service/none"],
  ["GET /v1/agent/service/"],
  ["GET /v1/agent/service/none?wait=x"],
  ["GET /v1/agent/health/service/id/"],
  ["GET /v1/agent/health/service/id/none"],
  ["GET /v1/agent/health/service/id/none?format=text"],
  ["GET /v1/agent/health/service/name/"],
  ["GET /v1/agent/health/service/name/none"],
  ["GET /v1/agent/health/service/name/none?format=text"],
  ["GET /v1/agent/health/service/name/n%C3%A4in"],
  ["GET /v1/agent/health/service/name/__proto__"],
  ["GET /v1/agent/service/__proto__"],
  ["GET /v1/agent/services?ns=x"],
  ["GET /v1/agent/members?segment=x"],
  ["GET /v1/agent/members?wan=1"],
  ["GET /v1/agent/members?wan=1&segment=x"],
  ["POST /v1/agent/service/register"],
  ["GET /v1/agent/check/pass/none"],
  ["DELETE /v1/agent/services"],
  ["OPTIONS /v1/agent/service/register"],
];

const refused = refusals.map(
  ([what, body], at): Behaviour<ConsulBackend> => ({
    name: `(${at + 1}) ${what} ${typeof body === "string" ? JSON.stringify(body) : (JSON.stringify(body) ?? "")}`.slice(
      0,
      160,
    ),
    run: async ({ agent }) => await asked(agent, body === undefined ? what : [what, body], ...state),
  }),
);

const missing = [
  "/v1/acl/tokens",
  "/v1/agent/monitor",
  "/v1/agent/leave",
  "/v1/query",
  "/v1/config/proxy-defaults/global",
  "/v1/coordinate/nodes",
  "/v1/operator/raft/configuration",
  "/v1/internal/ui/nodes",
  "/v1/connect/ca/roots",
  "/v1/snapshot",
];

/** Parts of a service that belong to Consul's mesh, or kinds of checks, and what they are called. */
const mesh: readonly (readonly [part: object, what: string])[] = [
  [{ Kind: "connect-proxy" }, 'the "Kind" of a service'],
  [{ Connect: { Native: true } }, 'the "Connect" of a service'],
  [{ Proxy: { DestinationServiceName: "x" } }, 'the "Proxy" of a service'],
  [{ Check: { GRPC: "127.0.0.1:1", Interval: "10s" } }, "a gRPC check"],
  [{ Check: { AliasService: "x" } }, "an alias check"],
];

const web = {
  ID: "web-1",
  Name: "web",
  Tags: ["a", "b"],
  Port: 80,
  Meta: { k: "v" },
  Checks: [
    { TTL: "1h" },
    { TTL: "1h", Name: "named", Notes: "noted", Status: "warning" },
    { CheckID: "own", TTL: "1h", Status: "passing" },
  ],
};

const behaviours: readonly Behaviour<ConsulBackend>[] = [
  {
    name: "an agent tells who it is",
    run: async ({ server, agent }) =>
      await Promise.all(
        [server, agent].map(async (consul) => {
          const { status, body } = await ask(consul, "GET /v1/agent/self");
          const { Config, Member, Meta } = body as Record<string, unknown>;
          return told({ status, Config, Member, Meta });
        }),
      ),
  },
  {
    name: "both know both members",
    run: async ({ server, agent }) => {
      const members = await Promise.all(
        [`${server.address}/v1/agent/members`, `${agent.address}/v1/agent/members?segment=_all`].map(
          async (url) => (await (await fetch(url)).json()) as { Name: string }[],
        ),
      );
      return told(members.map((list) => list.sort((one, other) => one.Name.localeCompare(other.Name))));
    },
  },
  {
    name: "a service with checks is at the agent, and at once in the catalog",
    run: async ({ agent, server }) => [
      await asked(agent, [register, web], ...state, "GET /v1/agent/service/web-1"),
      await asked(server, "GET /v1/catalog/service/web", "GET /v1/health/service/web", "GET /v1/health/checks/web"),
      await asked(agent, "PUT /v1/agent/service/deregister/web-1", ...state, "GET /v1/agent/service/web-1"),
      await asked(server, "GET /v1/catalog/service/web", "GET /v1/health/node/agent"),
    ],
  },
  {
    name: "names of fields are read whatever their case, and in snake case where Consul does",
    run: async ({ agent }) => {
      const body = {
        name: "snake",
        pORT: 1,
        enable_tag_override: true,
        tagged_addresses: { lan: { address: "10.0.0.1", port: 2 } },
      };
      const ttl = {
        name: "c",
        ttl: "1h",
        deregister_critical_service_after: "2h",
        service_id: "snake",
        tls_skip_verify: true,
      };
      return await asked(agent, [register, body], [check, ttl], ...state, "PUT /v1/agent/service/deregister/snake");
    },
  },
  {
    name: "what follows the JSON value is not looked at",
    run: async ({ agent }) =>
      await asked(
        agent,
        [register, '{"Name":"more"} and more'],
        "GET /v1/agent/service/more",
        "PUT /v1/agent/service/deregister/more",
      ),
  },
  {
    name: "a service with an address has it under its family's tags",
    run: async ({ agent }) =>
      await asked(
        agent,
        [register, { Name: "four", Address: "10.0.0.1", Port: 1 }],
        [register, { Name: "six", Address: "fe80::1", Port: 2 }],
        [register, { Name: "named", Address: "db.internal", TaggedAddresses: { wan: { Address: "x" } } }],
        ...state,
        "GET /v1/catalog/service/four",
        "GET /v1/catalog/service/six",
        "GET /v1/catalog/service/named",
        ...["four", "six", "named"].map((id) => `PUT /v1/agent/service/deregister/${id}`),
      ),
  },
  {
    name: "registering again keeps status and output, and keeps other checks unless they are replaced",
    run: async ({ agent }) =>
      await asked(
        agent,
        [register, web],
        "PUT /v1/agent/check/pass/service:web-1:1?note=fine",
        [register, { ...web, Port: 81, Checks: [{ TTL: "1h", CheckID: "service:web-1:1" }] }],
        ...state,
        [`${register}?replace-existing-checks=false`, { ...web, Checks: [{ TTL: "1h", CheckID: "own" }] }],
        "GET /v1/agent/checks",
        [`${register}?replace-existing-checks`, { ...web, Checks: [{ TTL: "1h", CheckID: "own" }] }],
        "GET /v1/agent/checks",
        "GET /v1/health/service/web",
        "PUT /v1/agent/service/deregister/web-1",
      ),
  },
  {
    name: "the health of a service is that of its checks and of the node's",
    run: async ({ agent }) =>
      await asked(
        agent,
        [register, { Name: "sick", Check: { TTL: "1h", Status: "passing" } }],
        [register, { Name: "sick", ID: "sick-2", Check: { TTL: "1h", Status: "warning" } }],
        "GET /v1/agent/health/service/id/sick",
        "GET /v1/agent/health/service/id/sick-2",
        "GET /v1/agent/health/service/id/sick-2?format=text",
        "GET /v1/agent/health/service/name/sick?format=text",
        "PUT /v1/agent/check/fail/service:sick",
        "GET /v1/agent/health/service/name/sick?format=text",
        "GET /v1/agent/health/service/id/sick?format=json",
        "PUT /v1/agent/check/pass/service:sick",
        [check, { Name: "of the node", TTL: "1h" }],
        "GET /v1/agent/health/service/id/sick?format=text",
        "PUT /v1/agent/check/deregister/of%20the%20node",
        "PUT /v1/agent/service/maintenance/sick?enable=true",
        "GET /v1/agent/health/service/id/sick?format=text",
        "PUT /v1/agent/service/deregister/sick",
        "PUT /v1/agent/service/deregister/sick-2",
      ),
  },
  {
    name: "maintenance of a service is a critical check with a reason",
    run: async ({ agent }) =>
      await asked(
        agent,
        [register, { Name: "kept" }],
        "PUT /v1/agent/service/maintenance/kept?enable=true&reason=because",
        "PUT /v1/agent/service/maintenance/kept?enable=true&reason=again",
        ...state,
        "GET /v1/health/service/kept",
        "PUT /v1/agent/service/maintenance/kept?enable=false",
        "PUT /v1/agent/service/maintenance/kept?enable=false",
        "PUT /v1/agent/service/maintenance/kept?enable=1",
        ...state,
        "PUT /v1/agent/service/deregister/kept",
        ...state,
      ),
  },
  {
    name: "maintenance of a node concerns all services on it",
    run: async ({ agent }) =>
      await asked(
        agent,
        [register, { Name: "kept" }],
        "PUT /v1/agent/maintenance?enable=true",
        "PUT /v1/agent/maintenance?enable=true&reason=again",
        ...state,
        "GET /v1/health/service/kept?passing",
        "GET /v1/health/node/agent",
        "PUT /v1/agent/maintenance?enable=false",
        "GET /v1/health/service/kept?passing",
        "PUT /v1/agent/service/deregister/kept",
      ),
  },
  {
    name: "a look at one service waits for its hash to change",
    run: async ({ agent }) => {
      await ask(agent, register, { body: { Name: "hashed" } });
      const first = await ask(agent, "GET /v1/agent/service/hashed");
      const hash = (first.body as { ContentHash: string }).ContentHash;
      const waiting = ask(agent, `GET /v1/agent/service/hashed?hash=${hash}&wait=30s`);
      const unchanged = await ask(agent, `GET /v1/agent/service/hashed?hash=${hash}&wait=100ms`);
      await ask(agent, register, { body: { Name: "hashed", Port: 1 } });
      const changed = await waiting;
      await ask(agent, "PUT /v1/agent/service/deregister/hashed");
      const same = JSON.stringify(unchanged.body) === JSON.stringify(first.body);
      return told([first, changed, { same, hashIsHeader: first.headers["x-consul-contenthash"] === hash }]);
    },
  },
  ...missing.map(
    (path): Behaviour<ConsulBackend> => ({
      name: `${path} is refused by name`,
      run: async (backend) => {
        const method = path === "/v1/agent/leave" ? "OPTIONS" : "GET";
        const reply = await ask(backend.agent, `${method} ${path}?loglevel=none`);
        return refusedByName(backend, reply, path);
      },
      differs: { embedded: "501 names what isn't implemented" },
    }),
  ),
  ...mesh.map(
    ([part, what]): Behaviour<ConsulBackend> => ({
      name: `a service with ${JSON.stringify(part)} is refused by name`,
      run: async (backend) => {
        const reply = await ask(backend.agent, register, { body: { Name: "mesh", ...part } });
        await ask(backend.agent, "PUT /v1/agent/service/deregister/mesh");
        return refusedByName(backend, reply, what);
      },
      differs: { embedded: "501 names what isn't implemented" },
    }),
  ),
  {
    name: "a namespace in a header is refused",
    run: async ({ agent }) => await ask(agent, "GET /v1/agent/services", { headers: { "X-Consul-Namespace": "x" } }),
  },
  {
    name: "a body that is no object is refused, with the name of the type",
    run: async ({ agent }) => {
      const bodies = [
        [register, "[]"],
        [register, "5"],
        [register, '{"Name":"x","Check":5}'],
        [check, "[]"],
      ] as const;
      const replies = await asked(agent, ...bodies);
      // Where the real one prints the whole of a Go struct, the name of the type stands here.
      return JSON.parse(
        JSON.stringify(replies).replaceAll(/ of type (struct \{.*?structs\.Alias \}|structs\.\w+)/g, " of <type>"),
      );
    },
  },
  ...refused,
];

contract({ title: "Consul: agent", backends, behaviours });
