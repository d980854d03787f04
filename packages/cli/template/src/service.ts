import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Cluster } from "@minicluster/sdk";
import { Notes } from "./notes.ts";

export interface Service {
  /** `http://127.0.0.1:8080`. */
  readonly address: string;
  /** Leaves the cluster and closes everything; the process can end by itself then. */
  stop(): Promise<void>;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Consul calls an instance passing for 2xx, and one with a warning for 429. */
const statusOf = { passing: 200, degraded: 429, critical: 503 } as const;

/**
 * Listens at once, also while Consul, Vault or MySQL is away: `/health` says so until they are there. All that it needs
 * comes from the environment.
 */
export async function startService(env: Env): Promise<Service> {
  const cluster = await Cluster.join({ env });
  const notes = new Notes(
    cluster.mysql({
      credentials: env["MYSQL_CREDENTIALS"] ?? "mysql/creds/my-service",
      database: env["MYSQL_DATABASE"] ?? "my_service",
      service: env["MYSQL_SERVICE"] ?? "mysql",
      acquireTimeout: "2s",
    }),
  );

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === "/health") {
      const { status, parts } = cluster.health();
      return send(response, statusOf[status], { status, parts });
    }
    if (request.url === "/notes") {
      const { status, body } = await notes.answer(request);
      return send(response, status, body);
    }
    send(response, 404, { error: "there is /notes, and /health" });
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      console.error(error);
      // Without MySQL: whoever asked may try again soon.
      send(response, 503, { error: "not now" });
    });
  });
  const { host, port } = bindIn(env["BIND"] ?? "0.0.0.0:8080");
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const bound = server.address() as AddressInfo;
  await cluster.announce({
    service: "my-service",
    // On 0.0.0.0 it is reached at its node's own address.
    ...(host !== "0.0.0.0" && { address: host }),
    port: bound.port,
    check: { http: "/health", interval: "2s" },
  });

  async function stop(): Promise<void> {
    server.close();
    server.closeIdleConnections();
    await cluster.leave();
    server.closeAllConnections();
  }
  return { address: `http://${host}:${bound.port}`, stop };
}

function bindIn(text: string): { host: string; port: number } {
  const [, host, port] = /^([^:]*):(\d{1,5})$/.exec(text) ?? [];
  if (port === undefined) throw new Error(`BIND: ${JSON.stringify(text)} is not valid; set it to ADDRESS:PORT`);
  return { host: host || "0.0.0.0", port: Number(port) };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(`${JSON.stringify(body)}\n`);
}
