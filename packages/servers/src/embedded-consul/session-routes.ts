import type { Answer } from "./answer.ts";
import { ConsulFailure } from "./failure.ts";
import type { Look } from "./look.ts";
import type { AgentRequest, Route } from "./route.ts";
import { wireSession } from "./session.ts";
import { sessionRequest } from "./session-request.ts";
import type { SessionsFound, SessionTable } from "./session-table.ts";

/** https://developer.hashicorp.com/consul/api-docs/session */
export const sessionRoutes: readonly Route[] = [
  { methods: ["PUT"], path: "/v1/session/create", handle: create },
  { methods: ["PUT"], path: "/v1/session/destroy/", handle: destroy },
  { methods: ["PUT"], path: "/v1/session/renew/", handle: renew },
  {
    methods: ["GET"],
    path: "/v1/session/info/",
    handle: (request) => {
      const id = given(request, "session");
      return read(request, (sessions) => sessions.get(id));
    },
  },
  {
    methods: ["GET"],
    path: "/v1/session/node/",
    handle: (request) => {
      const node = given(request, "node name");
      return read(request, (sessions) => sessions.onNode(node));
    },
  },
  {
    methods: ["GET"],
    path: "/v1/session/list",
    handle: (request) => read(request, (sessions) => sessions.list()),
  },
];

async function create(request: AgentRequest): Promise<Answer> {
  // A body whose length is not told is not looked at.
  const told = Number(request.headers["content-length"] ?? 0) > 0;
  const body = await request.body();
  const asked = sessionRequest(told ? body : Buffer.alloc(0), request.agent.name);
  const id = await request.write(({ sessions }, index) => {
    const session = asked(index);
    sessions.create(session);
    return session.id;
  });
  return { json: { ID: id } };
}

async function destroy(request: AgentRequest): Promise<Answer> {
  const id = given(request, "session");
  await request.write(({ sessions }, index) => sessions.destroy(id, index));
  return { json: true };
}

async function renew(request: AgentRequest): Promise<Answer> {
  const id = given(request, "session");
  const session = await request.write(({ sessions }) => sessions.renew(id));
  if (!session) throw new ConsulFailure(404, `Session id '${id}' not found`);
  return { json: [wireSession(session)] };
}

function read(request: AgentRequest, find: (sessions: SessionTable) => SessionsFound): Promise<Answer> {
  return request.read(({ sessions }) => look(find(sessions)));
}

function look({ found, index, topics }: SessionsFound): Look {
  return { index, topics, json: found.map(wireSession) };
}

function given({ rest }: AgentRequest, what: string): string {
  if (rest === "") throw new ConsulFailure(400, `Missing ${what}`);
  return rest;
}
