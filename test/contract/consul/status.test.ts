import type { Behaviour } from "../behaviour.ts";
import { contract } from "../contract.ts";
import { mask } from "../mask.ts";
import { ask } from "./ask.ts";
import { backends, type ConsulBackend } from "./backends.ts";
import { refusedByName } from "./transcript.ts";

/** One question each; what a server and what a client agent answer. */
const questions = (list: readonly string[]): Behaviour<ConsulBackend>[] =>
  list.map((what) => ({
    name: what,
    run: async ({ server, agent }) => mask([await ask(server, what), await ask(agent, what)]),
  }));

const behaviours: readonly Behaviour<ConsulBackend>[] = [
  {
    name: "the leader is the address of the server",
    run: async ({ server, agent }) =>
      mask([await ask(server, "GET /v1/status/leader"), await ask(agent, "GET /v1/status/leader")]),
  },
  {
    name: "the leader is the only peer",
    run: async ({ agent }) =>
      mask([await ask(agent, "GET /v1/status/peers"), await ask(agent, "GET /v1/status/leader")]),
  },
  ...questions([
    "GET /",
    "PUT /",
    "GET /nothing/here",
    "GET /v1",
    "GET /v1/nothing",
    "GET /v1/status",
    "GET /v1/status/leader/",
    "GET /v1//status/leader",
    "GET /v1/./status/../status/leader?pretty",
    "PUT /v1/status/leader",
    "POST /v1/status/leader",
    "HEAD /v1/status/leader",
    "OPTIONS /v1/status/leader",
    "GET /v1/status/leader?dc=elsewhere",
    "GET /v1/status/leader?dc=dc1",
    "GET /v1/status/leader?unknown=parameter",
    "GET /v1/status/leader?bad=%zz",
    "GET /v1/catalog%01",
    "GET /v1/catalog/%7F",
    "GET /v1/%zz",
    "GET /v1/%E2%80%8B",
  ]),
  {
    name: "a path that is not UTF-8",
    run: async (backend) =>
      refusedByName(backend, await ask(backend.server, "GET /v1/%ff"), "a path that is not UTF-8"),
    differs: { embedded: "refuses it by name; the real one takes any bytes" },
  },
];

contract({ title: "Consul: status and routing", backends, behaviours });
