import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { legRequired } from "../../../scripts/tally.mjs";

const run = promisify(execFile);
const programs = ["ip", "nsenter", "setpriv", "sysctl", "unshare"] as const;

/** A command line. */
export interface CommandLine {
  command: string;
  args: string[];
}

/**
 * The same command in a network namespace of its own, which is gone when its last process is. Root may make one; others
 * need user namespaces.
 */
export function inOwnNetwork({ command, args }: CommandLine): CommandLine {
  const asRoot = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
  return { command: "unshare", args: [...asRoot, "--net", "--", command, ...args] };
}

/**
 * Why commands can't be run so on this machine, in a line, or undefined.
 *
 * @throws the same, where MINICLUSTER_REQUIRE_LEGS is `all` or lists `network`
 */
export async function missingForOwnNetwork(): Promise<string | undefined> {
  const missing = await lacking();
  if (missing && legRequired("network")) throw new Error(missing);
  return missing;
}

async function lacking(): Promise<string | undefined> {
  const tried = await Promise.allSettled(programs.map((program) => run(program, ["-V"])));
  const absent = programs.filter((_, at) => tried[at]?.status === "rejected");
  if (absent.length > 0) return `cutting networks needs ${absent.join(", ")}: install iproute2, util-linux, procps`;
  const { command, args } = inOwnNetwork({ command: "ip", args: ["link", "set", "lo", "up"] });
  const allowed = await run(command, args).catch(() => undefined);
  return allowed ? undefined : "cutting networks needs the right to make network namespaces: run it as root";
}

/** Whether this process is in a network that leads nowhere: only there are routes and rules changed. */
export async function isInOwnNetwork(): Promise<boolean> {
  try {
    const [, ...routes] = (await readFile("/proc/self/net/route", "utf8")).trim().split("\n");
    return routes.length === 0;
  } catch {
    return false;
  }
}
