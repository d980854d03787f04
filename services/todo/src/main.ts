import { kindOf } from "@minicluster/core";
import { Cluster } from "@minicluster/sdk";
import { logCluster } from "./cluster-log.ts";
import { TodoError } from "./errors.ts";
import { createLog, describeError } from "./log.ts";
import { runService } from "./service.ts";

/** What the process ends with; a second signal ends it at once, with 128 and the signal's number. */
const exitCodes = { stopped: 0, failed: 1, setting: 2, SIGTERM: 143, SIGINT: 130 } as const;

const log = createLog();
const stopping = new AbortController();

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(exitCodes[signal]);
    log.info({ event: "service.stopping", signal }, `${signal}: finishing what is in flight`);
    stopping.abort();
  });
}

/** Node would print the error with all its properties. */
function crash(error: unknown): never {
  log.fatal({ event: "service.crashed", error: describeError(error) }, "stopped by an error nobody expected");
  process.exit(exitCodes.failed);
}
process.on("uncaughtException", crash);
process.on("unhandledRejection", crash);

async function main(): Promise<void> {
  try {
    const closed = await runService({
      env: process.env,
      join: async (env) => {
        const cluster = await Cluster.join({ env });
        logCluster(cluster.events, log);
        return cluster;
      },
      log,
      stopping: stopping.signal,
    });
    // Whatever could not be closed must not keep the process.
    if (!closed) process.exit(exitCodes.stopped);
  } catch (error) {
    const failed = error instanceof TodoError && error.code === "CANNOT_LISTEN";
    const setting = !failed && kindOf(error) === "invalid";
    const message = error instanceof Error ? error.message : String(error);
    if (!failed && !setting) crash(error);
    log.fatal({ event: setting ? "setting.invalid" : "service.not_started" }, message);
    process.exit(setting ? exitCodes.setting : exitCodes.failed);
  }
}

void main();
