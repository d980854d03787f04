import { type AgentOptions, Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Duplex } from "node:stream";
import { type Clock, systemClock } from "@minicluster/core";
import { httpSettings, type ServiceHttpOptions, type ServiceHttpSettings } from "./http-options.ts";
import type { Picker } from "./picker.ts";
import { connectToService } from "./service-connection.ts";
import { type ServiceHost, serviceOfHost } from "./service-host.ts";

export interface ServiceAgentOptions extends ServiceHttpOptions {
  /** What Node's own agents take. `keepAlive` is off by default: a kept connection stays at its instance. */
  agent?: AgentOptions | undefined;
  /** For https URLs. */
  secure?: boolean | undefined;
  clock?: Clock | undefined;
}

type Created = (error: Error | null, socket?: Duplex) => void;
type Create = (options: Record<string, unknown>) => Duplex;

/**
 * An agent for node:http (with `secure`, for node:https) that connects `http://NAME.service.consul/` to an instance of
 * that service, the next distinct one when connecting fails. Other hosts as usual.
 *
 * @throws DiscoveryError `INVALID_OPTION`
 * @example http.get("http://todo.service.consul/todo", { agent: serviceAgent(discovery) }, onResponse);
 */
export function serviceAgent(picker: Picker, options: ServiceAgentOptions = {}): HttpAgent {
  const { clock = systemClock, secure = false, agent = {} } = options;
  const settings = httpSettings(options);
  const base = secure ? new HttpsAgent({ ...settings.tls, ...agent }) : new HttpAgent(agent);
  // Both kinds of agent ask this one method for a connection, and take it now or through the callback.
  const plain = base as unknown as { createConnection: (options: object, created?: Created) => Duplex | undefined };
  const connect = plain.createConnection.bind(base) as Create;
  const defaultPort = secure ? 443 : 80;
  plain.createConnection = (request, created) => {
    const wanted = request as { host?: string; port?: number | string };
    const host = serviceOfHost(wanted.host ?? "", settings.domain);
    if (!host) return connect(request as Record<string, unknown>);
    const port = Number(wanted.port) === defaultPort ? undefined : Number(wanted.port);
    void reach({ picker, settings, clock, host, port, connect, request }).then(
      (socket) => created?.(null, socket),
      (error: Error) => created?.(error),
    );
    return undefined;
  };
  return base;
}

async function reach(options: {
  picker: Picker;
  settings: ServiceHttpSettings;
  clock: Clock;
  host: ServiceHost;
  port: number | undefined;
  connect: Create;
  request: object;
}): Promise<Duplex> {
  const { picker, settings, clock, host, port, connect, request } = options;
  const servername = (request as { servername?: string }).servername ?? (request as { host?: string }).host;
  return await connectToService({ picker, settings, clock, host }, ({ address, port: discovered }) =>
    connect({ ...request, host: address, hostname: address, port: port ?? discovered, servername }),
  );
}
