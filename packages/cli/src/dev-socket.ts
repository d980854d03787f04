import { rmdirSync, unlinkSync } from "node:fs";
import { chmod, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { systemClock, withDeadline } from "@minicluster/core";
import { type DevAnswer, type DevRequest, parseRequest } from "./dev-messages.ts";
import { lineIn } from "./line-in.ts";
import { makePrivate, runtimeDirectories } from "./runtime-directory.ts";

export interface DevSocketOptions {
  env: Readonly<Record<string, string | undefined>>;
  /** Told where no socket can be made, and why. */
  onRefused: (reason: string) => void;
  /** Must not reject. */
  answer: (request: DevRequest) => Promise<DevAnswer>;
}

/** What the address of a socket can hold (unix(7): 108 bytes on Linux; 104 on macOS), with its final zero. */
const maxPathBytes = 103;
const maxRequestBytes = 4_096;
/** How long one who connects may take to ask. */
const askMs = 5_000;

/**
 * Where `minicluster dev` answers `minicluster env` of another terminal: a socket in a directory that nobody but the
 * user can enter, so no secret is written to a disk. It is gone when the process ends, unless by SIGKILL.
 */
export class DevSocket implements AsyncDisposable {
  readonly #path: string;
  readonly #server: Server;
  readonly #clients = new Set<Socket>();
  readonly #onExit = (): void => this.#remove();

  private constructor(path: string, server: Server) {
    this.#path = path;
    this.#server = server;
    process.once("exit", this.#onExit);
    server.on("connection", (socket) => {
      this.#clients.add(socket);
      socket.once("close", () => this.#clients.delete(socket));
    });
  }

  /** In the first directory that will do. Undefined where none does; the cluster works without. */
  static async open(options: DevSocketOptions): Promise<DevSocket | undefined> {
    const reasons: string[] = [];
    for (const directory of runtimeDirectories(options.env)) {
      const made = await listen(directory, options);
      if (made instanceof Object) return new DevSocket(made.path, made.server);
      reasons.push(made);
    }
    options.onRefused(reasons.join("; "));
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off("exit", this.#onExit);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#clients) socket.destroy();
    await closed;
    this.#remove();
  }

  #remove(): void {
    try {
      unlinkSync(this.#path);
    } catch {
      // Closing a server removes its socket already.
    }
    try {
      rmdirSync(dirname(this.#path));
    } catch {
      // Another cluster's socket is in it.
    }
  }
}

/** A server in this directory, or why there can be none. */
async function listen(
  directory: string,
  options: DevSocketOptions,
): Promise<{ path: string; server: Server } | string> {
  const path = join(directory, `${process.pid}.sock`);
  if (Buffer.byteLength(path) > maxPathBytes) return `${path} is too long for a socket`;
  // Another cluster that ends may remove the directory between making and using it.
  for (let tries = 0; ; tries += 1) {
    const reason = await makePrivate(directory);
    if (reason !== undefined) return reason;
    try {
      await rm(path, { force: true });
      const server = createServer({ allowHalfOpen: true }, (socket) => void serve(socket, options));
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen(path, resolve);
      });
      await chmod(path, 0o600);
      return { path, server };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "ENOENT" || tries > 3) return `${path} can't be made (${code})`;
    }
  }
}

async function serve(socket: Socket, { answer }: DevSocketOptions): Promise<void> {
  const asked = { clock: systemClock, ms: askMs, phase: "waiting for a request" };
  const line = await withDeadline(asked, () => lineIn(socket, maxRequestBytes)).catch(() => undefined);
  const request = line === undefined ? undefined : parseRequest(line);
  if (!request) return void socket.destroy();
  socket.end(`${JSON.stringify(await answer(request))}\n`);
}
