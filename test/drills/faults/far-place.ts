import { connect } from "node:net";
import type { DevCluster, ServiceProcess } from "@minicluster/devcluster";
import type { Cluster } from "@minicluster/sdk";
import { startProcess } from "@minicluster/servers";
import { todoProgram } from "../../e2e/todo-service.ts";
import type { Place } from "../stage/place.ts";
import { FarApp } from "./far-app.ts";
import type { FarNetwork } from "./far-network.ts";

/** Services in the far network, servers and the load in this one. */
export function farPlace(far: FarNetwork): Place {
  const todos: ServiceProcess[] = [];
  return {
    startTodo: async (cluster, env) => {
      const todo = await startFarTodo(far, cluster, env, `todo${todos.length + 1}`);
      todos.push(todo);
      return todo;
    },
    // What drills use of it, it has.
    join: async (options) => (await FarApp.join(far, options)) as unknown as Cluster,
    close: async () => {
      await Promise.all(todos.map((todo) => todo.close()));
      await far.close();
    },
  };
}

async function startFarTodo(
  far: FarNetwork,
  cluster: DevCluster,
  env: Record<string, string>,
  name: string,
): Promise<ServiceProcess> {
  const host = far.address;
  const identity = cluster.env("todo");
  const handle = await startProcess({
    name,
    ports: 1,
    ...far.inside({ command: process.execPath, args: [todoProgram] }),
    env: ({ ports }) => ({ ...identity, BIND: `${host}:${ports[0]}`, ...env }),
    ready: ({ ports }, signal) => takesConnections({ host, port: ports[0] ?? 0, signal }),
    stopTimeout: "15s",
  });
  return Object.assign(handle, { service: "todo", address: `http://${host}:${handle.ports[0]}` });
}

function takesConnections(to: { host: string; port: number; signal: AbortSignal }): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(to);
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
  });
}
