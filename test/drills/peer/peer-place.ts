import { fileURLToPath } from "node:url";
import { Emitter } from "@minicluster/core";
import type { Cluster, ClusterEvents, ClusterHealth, JoinOptions } from "@minicluster/sdk";
import type { Pool } from "mysql2/promise";
import { naiveClient } from "../../load/naive-client.mjs";
import type { Place } from "../stage/place.ts";

const program = fileURLToPath(new URL("./peer-todo.mjs", import.meta.url));

/** In place of ours: services whose client is written as the READMEs of node-vault and mysql2 say. */
export const peerPlace: Place = {
  startTodo: (cluster, env) => cluster.run("todo", { command: process.execPath, args: [program], env }),
  // What drills use of it, it has.
  join: async ({ env = {} }: JoinOptions) => (await PeerApp.join(env)) as unknown as Cluster,
  close: async () => {},
};

/** A client and its pool, with the part of a `Cluster` that drills look at. */
class PeerApp implements Pick<Cluster, "health" | "leave" | "ready"> {
  readonly events: Emitter<ClusterEvents> = new Emitter("peer-app");
  readonly #client: { pool: Pool; close: () => Promise<void> };

  private constructor(client: { pool: Pool; close: () => Promise<void> }) {
    this.#client = client;
  }

  static async join(env: Readonly<Record<string, string | undefined>>): Promise<PeerApp> {
    return new PeerApp(await naiveClient({ env }));
  }

  mysql(): Pool {
    return this.#client.pool;
  }

  /** It never says. */
  health(): ClusterHealth {
    return { status: "passing", parts: [] };
  }

  async ready(): Promise<void> {}

  leave = async (): Promise<void> => {
    await this.#client.close();
  };
}
