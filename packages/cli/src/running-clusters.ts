import { readdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { systemClock, withDeadline } from "@minicluster/core";
import { type DevAnswer, type DevRequest, type DevWho, parseAnswer } from "./dev-messages.ts";
import { CliError } from "./error.ts";
import { lineIn } from "./line-in.ts";
import { runtimeDirectories, whyNotPrivate } from "./runtime-directory.ts";

/** A `minicluster dev` of this user that runs now. */
export interface RunningCluster extends DevWho {
  /** Its socket. */
  path: string;
}

const maxAnswerBytes = 262_144;
/** How long it may take to say who it is. */
const whoMs = 2_000;
/** A login is made for each instance: as long as Vault may take. */
const envMs = 30_000;

/** Every `minicluster dev` of this user, as each says itself; what others left behind is taken away. */
export async function runningClusters(env: Readonly<Record<string, string | undefined>>): Promise<RunningCluster[]> {
  const found: RunningCluster[] = [];
  for (const directory of runtimeDirectories(env)) {
    // Somebody else's folder may hold somebody else's sockets.
    if ((await whyNotPrivate(directory)) !== undefined) continue;
    const names = await readdir(directory).catch(() => []);
    const paths = names.filter((name) => /^\d+\.sock$/.test(name)).map((name) => join(directory, name));
    const answers = await Promise.all(paths.map(whoIs));
    for (const [index, who] of answers.entries()) if (who) found.push({ ...who, path: paths[index] ?? "" });
  }
  return found.sort((a, b) => a.pid - b.pid);
}

/**
 * Variables that a running cluster gives out.
 *
 * @throws CliError `CLI_USAGE` for a service that it hasn't, `CLI_NO_CLUSTER` when it fails or is gone
 */
export async function askCluster(
  { path, pid }: RunningCluster,
  request: DevRequest,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const answer = await ask({ path, request, ms: envMs, signal }).catch((error: unknown) => {
    signal.throwIfAborted();
    return { error: { message: `minicluster dev (process ${pid}) does not answer: ${why(error)}`, usage: false } };
  });
  if (answer && "env" in answer) return answer.env;
  const said = answer && "error" in answer ? answer.error : undefined;
  const message = said?.message ?? `minicluster dev (process ${pid}) gave no answer; is it of another version?`;
  throw new CliError(said?.usage ? "CLI_USAGE" : "CLI_NO_CLUSTER", message);
}

async function whoIs(path: string): Promise<DevWho | undefined> {
  try {
    const answer = await ask({ path, request: { ask: "who" }, ms: whoMs });
    return answer && "who" in answer ? answer.who : undefined;
  } catch (error) {
    // Nobody listens any more: it was killed.
    if ((error as NodeJS.ErrnoException).code === "ECONNREFUSED") await rm(path, { force: true });
    return undefined;
  }
}

interface Question {
  path: string;
  request: DevRequest;
  ms: number;
  signal?: AbortSignal;
}

async function ask({ path, request, ms, signal }: Question): Promise<DevAnswer | undefined> {
  const socket = connect(path);
  try {
    return await withDeadline({ clock: systemClock, ms, phase: `asking ${path}`, signal }, async () => {
      await new Promise<void>((resolve, reject) => {
        socket.once("error", reject);
        socket.once("connect", resolve);
      });
      const answer = lineIn(socket, maxAnswerBytes);
      socket.write(`${JSON.stringify(request)}\n`);
      return parseAnswer((await answer) ?? "");
    });
  } finally {
    socket.destroy();
  }
}

function why(error: unknown): string {
  return (error as { code?: string }).code ?? (error as Error).message;
}
