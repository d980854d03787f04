import { Duplex } from "node:stream";
import type { Clock } from "@minicluster/core";

/** A server's end of a connection. */
export interface LinkEnd {
  send(bytes: Buffer): void;
  /** Sends what was sent before, then the end. */
  close(): void;
  /** Cuts it, as the kernel of a server that died does. */
  reset(): void;
}

/** What a server makes of a connection. */
export interface LinkListener {
  received(bytes: Buffer): void;
  /** The client closed it; may be called again. */
  closed(): void;
}

export interface LinkOptions {
  clock: Clock;
  /** One way, in milliseconds; asked for each time. */
  latencyMs: () => number;
  /** Hands something to the client when it is awake. Default: at once. */
  deliver?: (run: () => void) => void;
  /** Undefined: nobody listens there. */
  accept: (end: LinkEnd) => LinkListener | undefined;
}

/** The client's end of a connection in memory: bytes arrive in order, each after its latency. It stands for a net.Socket. */
export class NetworkLink extends Duplex {
  bytesRead = 0;
  bytesWritten = 0;
  readonly #options: LinkOptions;
  readonly #listener: LinkListener | undefined;
  #toServer = 0;
  #toClient = 0;

  constructor(options: LinkOptions) {
    super({ allowHalfOpen: false });
    this.#options = options;
    const end: LinkEnd = {
      send: (bytes) =>
        this.#arrive(() => {
          this.bytesRead += bytes.length;
          this.push(bytes);
        }),
      close: () => this.#arrive(() => this.push(null)),
      reset: () => this.#arrive(() => this.destroy(systemError("ECONNRESET", "read"))),
    };
    this.#listener = options.accept(end);
    if (!this.#listener) this.#arrive(() => this.destroy(systemError("ECONNREFUSED", "connect")));
  }

  override _read(): void {}

  override _write(bytes: Buffer, _encoding: string, done: () => void): void {
    this.bytesWritten += bytes.length;
    this.#leave(() => this.#listener?.received(bytes));
    done();
  }

  override _final(done: () => void): void {
    this.#leave(() => this.#listener?.closed());
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#leave(() => this.#listener?.closed());
    done(error);
  }

  #leave(run: () => void): void {
    const { clock, latencyMs } = this.#options;
    this.#toServer = Math.max(this.#toServer, clock.monotonic() + latencyMs());
    clock.after(this.#toServer - clock.monotonic(), run);
  }

  #arrive(run: () => void): void {
    const { clock, latencyMs, deliver = (now) => now() } = this.#options;
    this.#toClient = Math.max(this.#toClient, clock.monotonic() + latencyMs());
    clock.after(this.#toClient - clock.monotonic(), () =>
      deliver(() => {
        if (!this.destroyed) run();
      }),
    );
  }
}

function systemError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${syscall} ${code}`), { code, syscall, errno: -1 });
}
