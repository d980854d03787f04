import { startEmbeddedVault } from "@minicluster/servers";
import { Operator } from "./operator.ts";

/** Mounts each engine once, so that their modules are there: loading them takes time that no simulation has. */
async function load(): Promise<void> {
  await using vault = await startEmbeddedVault();
  const operator = new Operator([vault]);
  await operator.initialise();
  await operator.unseal(vault);
  await operator.write("sys/mounts/mysql", { type: "mysql" });
  await operator.write("sys/mounts/database", { type: "database" });
  await operator.write("sys/auth/app-id", { type: "app-id" });
}

let loaded: Promise<void> | undefined;

/** Once a process. */
export function loadEngines(): Promise<void> {
  loaded ??= load();
  return loaded;
}
