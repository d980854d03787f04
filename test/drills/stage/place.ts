import type { DevCluster, ServiceProcess } from "@minicluster/devcluster";
import { Cluster, type JoinOptions } from "@minicluster/sdk";
import { startTodo } from "../../e2e/todo-service.ts";

/** Where the services of a drill run. */
export interface Place {
  startTodo: (cluster: DevCluster, env: Record<string, string>) => Promise<ServiceProcess>;
  /** The service whose pool is queried directly. */
  join: (options: JoinOptions) => Promise<Cluster>;
  close: () => Promise<void>;
}

/** Beside the servers; the pool is in this process. */
export const here: Place = { startTodo, join: (options) => Cluster.join(options), close: async () => {} };
