import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ports } from "./ports.ts";
import { Watchdog } from "./watchdog.ts";

/** Where the servers of this process live: one temporary directory, one set of ports, one watchdog. */
class Sandbox {
  readonly ports: Ports = new Ports();
  readonly watchdog: Watchdog = new Watchdog();
  readonly directory: Promise<string>;
  users = 0;
  places = 0;

  constructor() {
    this.directory = this.#makeDirectory();
    this.directory.catch(() => {});
  }

  async #makeDirectory(): Promise<string> {
    const directory = await mkdtemp(join(tmpdir(), "minicluster-"));
    await this.watchdog.watchDirectory(directory);
    return directory;
  }
}

let current: Sandbox | undefined;

/** One server's part of the sandbox: a private directory (0700) and ports. Nothing of it survives {@link close}. */
export class Place {
  readonly directory: string;
  readonly watchdog: Watchdog;
  readonly #sandbox: Sandbox;
  readonly #ports: number[] = [];
  #closed = false;

  private constructor(sandbox: Sandbox, directory: string) {
    this.#sandbox = sandbox;
    this.watchdog = sandbox.watchdog;
    this.directory = directory;
  }

  static async open(name: string): Promise<Place> {
    current ??= new Sandbox();
    const sandbox = current;
    sandbox.users += 1;
    sandbox.places += 1;
    const number = sandbox.places;
    try {
      const directory = join(await sandbox.directory, `${name}-${number}`);
      await mkdir(directory, { mode: 0o700 });
      return new Place(sandbox, directory);
    } catch (error) {
      await leave(sandbox);
      throw error;
    }
  }

  /** A free port on 127.0.0.1, for TCP and UDP, until this place is closed. */
  async port(): Promise<number> {
    const port = await this.#sandbox.ports.take();
    this.#ports.push(port);
    return port;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5 });
    this.#sandbox.ports.giveBack(this.#ports);
    await leave(this.#sandbox);
  }
}

/** The last one out closes the ports and lets the watchdog remove the directory. */
async function leave(sandbox: Sandbox): Promise<void> {
  sandbox.users -= 1;
  if (sandbox.users > 0) return;
  if (current === sandbox) current = undefined;
  await Promise.all([sandbox.ports.close(), sandbox.watchdog.close()]);
}
