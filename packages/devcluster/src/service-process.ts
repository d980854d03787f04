import { connect } from "node:net";
import type { Clock, Duration } from "@minicluster/core";
import { type ProcessHandle, startProcess } from "@minicluster/servers";

export interface RunOptions {
  command: string;
  args?: readonly string[] | undefined;
  /** Beside what the cluster gives it. */
  env?: Readonly<Record<string, string>> | undefined;
  /** The handle's name. Default: the service and a number, `todo1`. */
  name?: string | undefined;
  cwd?: string | undefined;
  /** How long until its port takes connections. Default "30s". */
  readyTimeout?: Duration | undefined;
  /** How long it may take to end after SIGTERM. Default "15s". */
  stopTimeout?: Duration | undefined;
  signal?: AbortSignal | undefined;
}

/** One instance of a service, as a process of its own. */
export interface ServiceProcess extends ProcessHandle {
  readonly service: string;
  /** `http://127.0.0.1:PORT`, where its BIND told it to listen. */
  readonly address: string;
}

export interface ServiceProcessOptions extends RunOptions {
  service: string;
  name: string;
  identity: Readonly<Record<string, string>>;
  clock: Clock;
}

/** Starts an instance; ready once its port takes connections, which a service does before it is healthy. */
export async function startServiceProcess(options: ServiceProcessOptions): Promise<ServiceProcess> {
  const { service, identity, env, readyTimeout = "30s", stopTimeout = "15s", ...rest } = options;
  const handle = await startProcess({
    ...rest,
    ports: 1,
    env: ({ ports }) => ({ ...identity, BIND: `127.0.0.1:${ports[0]}`, ...env }),
    ready: ({ ports }, signal) => takesConnections(ports[0] ?? 0, signal),
    readyTimeout,
    stopTimeout,
  });
  return Object.assign(handle, { service, address: `http://127.0.0.1:${handle.ports[0]}` });
}

function takesConnections(port: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", signal });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
  });
}
