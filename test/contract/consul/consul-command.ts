import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import type { Consul } from "@minicluster/servers";

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export interface ConsulCommand {
  /** Path of the program. */
  cli: string;
  agent: Consul;
}

function environment(agent: Consul): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"], HOME: "/nonexistent", CONSUL_HTTP_ADDR: new URL(agent.address).host };
}

/**
 * Runs the real command line against an agent, to its end.
 *
 * @example await consulCommand({ cli, agent }, ["kv", "get", "a"])
 */
export function consulCommand({ cli, agent }: ConsulCommand, args: readonly string[], input = ""): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const options = { env: environment(agent), timeout: 30_000, encoding: "utf8" } as const;
    const child = execFile(cli, [...args], options, (error, stdout, stderr) => {
      if (error && typeof error.code !== "number") reject(error);
      else resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
    // One that reads nothing may have ended by now.
    child.stdin?.on("error", () => {}).end(input);
  });
}

/** One that runs until it is ended. */
export interface RunningCommand extends AsyncDisposable {
  /** What it has printed so far. */
  readonly stdout: string;
  /** Once what it has printed fits. */
  printed(done: (stdout: string) => boolean): Promise<void>;
}

/** Starts the real command line against an agent; disposing ends it. */
export function startConsulCommand({ cli, agent }: ConsulCommand, args: readonly string[]): RunningCommand {
  const child = spawn(cli, args, { env: environment(agent), stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "close");
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  return {
    get stdout(): string {
      return text;
    },
    async printed(done: (stdout: string) => boolean): Promise<void> {
      while (!done(text)) await once(child.stdout, "data");
    },
    async [Symbol.asyncDispose](): Promise<void> {
      child.kill("SIGINT");
      await ended;
    },
  };
}
