import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { ServersError } from "./errors.ts";

const blockSize = 64;
const blockCount = 192;
const host = "127.0.0.1";

/**
 * Ports on 127.0.0.1 that no other user of this class gets, in this process or another.
 *
 * They lie below the range from which the kernel takes the ports of outgoing connections, so that no client takes the
 * port of a server that is down for a moment (and none connects to itself). A process holds blocks of 64; the first
 * port of a block is a guard, held by a listening socket, which is how others see that the block is taken.
 */
export class Ports {
  readonly #random: () => number;
  readonly #guards: { first: number; guard: Server }[] = [];
  readonly #taken = new Set<number>();
  #next = 0;

  constructor(options: { random?: (() => number) | undefined } = {}) {
    this.#random = options.random ?? Math.random;
  }

  /** A port that is free for TCP and UDP right now, ours until {@link giveBack}. */
  async take(): Promise<number> {
    for (let looked = 0; ; looked += 1) {
      if (looked >= this.#guards.length * (blockSize - 1)) await this.#reserve();
      const slots = this.#guards.length * (blockSize - 1);
      const slot = this.#next++ % slots;
      const block = this.#guards[Math.floor(slot / (blockSize - 1))];
      if (!block) continue;
      const port = block.first + 1 + (slot % (blockSize - 1));
      if (this.#taken.has(port)) continue;
      this.#taken.add(port);
      if (await isFree(port)) return port;
      this.#taken.delete(port);
    }
  }

  giveBack(ports: Iterable<number>): void {
    for (const port of ports) this.#taken.delete(port);
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#guards.splice(0).map(({ guard }) => new Promise<void>((resolve) => guard.close(() => resolve()))),
    );
  }

  async #reserve(): Promise<void> {
    const start = Math.floor(this.#random() * blockCount);
    for (let step = 0; step < blockCount; step += 1) {
      const first = firstPort() + ((start + step) % blockCount) * blockSize;
      const guard = await listen(first);
      if (!guard) continue;
      guard.unref();
      this.#guards.push({ first, guard });
      this.#next = (this.#guards.length - 1) * (blockSize - 1);
      return;
    }
    throw new ServersError(
      "NO_FREE_PORT",
      `no free ports on ${host} in ${firstPort()}-${firstPort() + blockCount * blockSize - 1}: close other programs that hold them`,
    );
  }
}

/** The lowest port of ours: the highest multiple of 1,024 that leaves room below the kernel's own range. */
function firstPort(): number {
  let lowest = 32_768;
  try {
    lowest = Number(readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").split(/\s+/)[0]) || lowest;
  } catch {
    // Not Linux: macOS starts at 49,152, well above.
  }
  const room = blockSize * blockCount;
  return lowest > room + 4_096 ? Math.floor((lowest - room) / 1_024) * 1_024 : 20_480;
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", () => resolve(undefined));
    server.listen({ port, host, exclusive: true }, () => resolve(server));
  });
}

async function isFree(port: number): Promise<boolean> {
  const server = await listen(port);
  if (!server) return false;
  await new Promise((resolve) => server.close(resolve));
  return await new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.once("error", () => socket.close(() => resolve(false)));
    socket.bind({ port, address: host, exclusive: true }, () => socket.close(() => resolve(true)));
  });
}
