import type { EngineAnswer, EngineMaker, Operation } from "../../engine.ts";
import { notDone } from "../routing/refusals.ts";
import { type Route, route } from "../routing/route.ts";
import { routedEngine } from "../routing/routed-engine.ts";
import { kvConfigurationRoute } from "./kv-configuration.ts";
import { kvDataRoute } from "./kv-data.ts";
import { kvMetadataRoute } from "./kv-metadata.ts";
import { kvVersionsRoutes } from "./kv-versions.ts";
import { VersionedKeys } from "./versioned-keys.ts";

/** Version 2: a path's values are numbered, may be deleted and come back, and carry metadata. */
export const kvV2: EngineMaker = (context) => {
  const keys = new VersionedKeys(context);
  return routedEngine([
    kvConfigurationRoute(context.storage),
    kvDataRoute(keys, context.clock),
    kvMetadataRoute(keys, context.storage),
    ...kvVersionsRoutes(keys, context.clock),
    route({ path: /^subkeys\//, fields: {}, read: subkeys, write: subkeys }),
    elsewhere(),
  ]);
};

const subkeys = (): never => {
  throw notDone("subkeys/");
};

const commands: Readonly<Record<Operation, string>> = {
  create: "put",
  update: "put",
  read: "get",
  list: "list",
  delete: "delete",
};

/** Paths as version 1 has them: an answer that says where to look. */
function elsewhere(): Route {
  const handler = async ({ request }: { request: { operation: Operation; path: string } }): Promise<EngineAnswer> => {
    const root = request.operation !== "list" && /^(metadata|data|delete|undelete|destroy)$/.test(request.path);
    const warning = root
      ? "Non-listing operations on the root of a K/V v2 mount are not supported."
      : `Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API endpoints to use. If using the Vault CLI, use 'vault kv ${commands[request.operation]}' for this operation.`;
    return { status: 404, warnings: [warning] };
  };
  return route({ path: /^/, fields: {}, read: handler, list: handler, write: handler, delete: handler });
}
