import type { Answer } from "./answer.ts";
import { ConsulFailure } from "./failure.ts";
import { wireEntry } from "./kv-entry.ts";
import { kvWrite } from "./kv-write.ts";
import type { Look } from "./look.ts";
import type { AgentRequest, Route } from "./route.ts";
import type { State } from "./state.ts";
import { parseWireUint } from "./wire-uint.ts";

/** https://developer.hashicorp.com/consul/api-docs/kv */
export const kvRoutes: readonly Route[] = [
  {
    methods: ["GET", "PUT", "DELETE"],
    path: "/v1/kv/",
    handle: (request) => {
      if (request.method === "PUT") return put(request);
      return request.method === "GET" ? get(request) : remove(request);
    },
  },
];

async function get(request: AgentRequest): Promise<Answer> {
  const { rest: key, query } = request;
  if (query.has("keys")) return await read(request, (state) => keys(state, key, query.get("separator")));
  if (query.has("recurse")) return await read(request, (state) => tree(state, key));
  mustName(key);
  return await read(request, (state) => one(state, key, query.has("raw")));
}

/** A read whose failure does not tell how the servers stand. */
async function read(request: AgentRequest, look: (state: State) => Look): Promise<Answer> {
  try {
    return await request.read(look);
  } catch (error) {
    throw error instanceof ConsulFailure ? new ConsulFailure(error.status, error.message) : error;
  }
}

function one({ kv }: State, key: string, raw: boolean): Look {
  const { found, index, topic } = kv.get(key);
  const look = { index, topics: [topic] };
  if (!found) return { ...look, status: 404 };
  if (!raw) return { ...look, json: [wireEntry(found)] };
  // What is stored must not run in a browser.
  const headers = {
    "Content-Type": "text/plain",
    "Content-Security-Policy": "sandbox",
    "X-Content-Type-Options": "nosniff",
  };
  return { ...look, text: found.value, type: "text/plain", headers };
}

function tree({ kv }: State, prefix: string): Look {
  const { found, index, topic } = kv.list(prefix);
  const look = { index, topics: [topic] };
  return found.length === 0 ? { ...look, status: 404 } : { ...look, json: found.map((entry) => wireEntry(entry)) };
}

function keys({ kv }: State, prefix: string, separator: string): Look {
  const { found, index, topic } = kv.list(prefix);
  const look = { index, topics: [topic] };
  if (found.length === 0 && prefix !== "") return { ...look, status: 404 };
  return { ...look, json: [...new Set(found.map(({ key }) => upTo(separator, key, prefix.length)))] };
}

/** The key as far as the first separator after the prefix. */
function upTo(separator: string, key: string, from: number): string {
  const place = separator === "" ? -1 : key.indexOf(separator, from);
  return place < 0 ? key : key.slice(0, place + separator.length);
}

async function put(request: AgentRequest): Promise<{ json: boolean }> {
  mustName(request.rest);
  mustNotConflict(request, ["cas", "acquire", "release"]);
  return { json: await kvWrite(request) };
}

async function remove(request: AgentRequest): Promise<{ json: boolean }> {
  const { rest: key, query } = request;
  mustNotConflict(request, ["recurse", "cas"]);
  if (query.has("recurse")) {
    await request.write(({ kv }, index) => kv.deleteTree(key, index));
    return { json: true };
  }
  mustName(key);
  const cas = query.has("cas") ? Number(parseWireUint(query.get("cas"))) : undefined;
  if (cas !== undefined) return { json: await request.write(({ kv }, index) => kv.deleteAt(key, cas, index)) };
  await request.write(({ kv }, index) => kv.delete(key, index));
  return { json: true };
}

function mustName(key: string): void {
  if (key === "") throw new ConsulFailure(400, "Missing key name");
}

function mustNotConflict({ query }: AgentRequest, names: readonly string[]): void {
  if (names.filter((name) => query.has(name)).length < 2) return;
  const parameters = new URLSearchParams();
  for (const name of query.names().sort()) for (const value of query.all(name)) parameters.append(name, value);
  throw new ConsulFailure(400, `Conflicting flags: ${parameters}`);
}
