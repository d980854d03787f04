import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Instance } from "../src/instance.ts";

/** An instance with the fields that a test cares about. */
export function anInstance(fields: Partial<Instance> = {}): Instance {
  const base: Instance = {
    id: "web-1",
    service: "web",
    node: "n1",
    address: "10.0.0.1",
    port: 80,
    tags: [],
    meta: {},
    status: "passing",
  };
  return { ...base, ...fields };
}

/** One entry of `/v1/health/service/NAME`, as Consul writes it. */
export function healthEntry(fields: Partial<Instance> = {}): unknown {
  const { id, service, node, address, port, tags, meta, status } = anInstance(fields);
  return {
    Node: { Node: node, Address: "10.9.9.9" },
    Service: { ID: id, Service: service, Address: address, Port: port, Tags: tags, Meta: meta },
    Checks: [
      { CheckID: "serfHealth", Status: "passing" },
      { CheckID: `service:${id}`, Status: status },
    ],
  };
}

export interface LocalServer extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  /** How many are open now. */
  connections(): Promise<number>;
  readonly requests: { method: string; url: string; headers: IncomingMessage["headers"] }[];
}

/** An HTTP server on loopback whose answers are faults that no real server gives on demand. */
export async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<LocalServer> {
  const requests: LocalServer["requests"] = [];
  const server = createServer((request, response) => {
    requests.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}`,
    port,
    requests,
    connections: () => new Promise((resolve) => server.getConnections((_, count) => resolve(count))),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A port on loopback where nobody listens. */
export async function closedPort(): Promise<number> {
  const server = await serve(() => {});
  const { port } = server;
  await server[Symbol.asyncDispose]();
  return port;
}

/** Answers a blocking query the way Consul does. */
export function answerHealth(response: ServerResponse, options: { body: unknown; index?: string }): void {
  response.setHeader("Content-Type", "application/json");
  if (options.index !== undefined) response.setHeader("X-Consul-Index", options.index);
  response.end(typeof options.body === "string" ? options.body : JSON.stringify(options.body));
}
