import { fileURLToPath } from "node:url";
import type { DevCluster, ServiceProcess } from "@minicluster/devcluster";
import { eventually } from "./eventually.ts";

/** What one instance of todo runs. */
export const todoProgram: string = fileURLToPath(
  new URL("../../services/todo/bin/minicluster-todo.js", import.meta.url),
);

/** Starts one instance of todo in the cluster, as its own process; `env` goes over what the cluster gives it. */
export function startTodo(cluster: DevCluster, env: Record<string, string> = {}): Promise<ServiceProcess> {
  return cluster.run("todo", { command: process.execPath, args: [todoProgram], env });
}

/** What todo's /health answers now, or 0 when nothing answers. */
export async function healthOf(todo: ServiceProcess): Promise<number> {
  return await fetch(`${todo.address}/health`, { signal: AbortSignal.timeout(2_000) }).then(
    async (response) => {
      await response.text();
      return response.status;
    },
    () => 0,
  );
}

export async function untilHealthy(todo: ServiceProcess, withinMs = 20_000): Promise<void> {
  await eventually(`${todo.address}/health 200`, withinMs, async () => {
    const response = await fetch(`${todo.address}/health`, { signal: AbortSignal.timeout(2_000) });
    const body = await response.text();
    if (response.status !== 200) throw new Error(`${response.status} ${body}`);
    return true;
  });
}
