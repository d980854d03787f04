import type { Clock } from "@minicluster/core";
import type { EmbeddedVault, EmbeddedVaultReply } from "@minicluster/servers";
import { Dispatcher } from "undici";
import type { Moment } from "./granted-life.ts";

/** What something between the service and Vault does to a request. */
export type Mischief =
  | "denied"
  | "busy"
  | "broken"
  | "garbage"
  | "lease gone"
  | "half a body"
  | "answer lost"
  | "no answer"
  | "unreachable";

/** Answers that the thing between gives by itself. */
const made: Partial<Record<Mischief, EmbeddedVaultReply & { text?: string }>> = {
  denied: { status: 403, body: { errors: ["permission denied"] } },
  busy: { status: 429, body: { errors: ["request path: rate limit quota exceeded"] } },
  broken: { status: 500, body: { errors: ["internal error"] } },
  garbage: { status: 200, text: "<html>It works!</html>" },
  "lease gone": { status: 400, body: { errors: ["lease not found"] } },
};

export interface VaultTransportOptions {
  clock: Clock;
  nodes: readonly EmbeddedVault[];
  /** One way, in milliseconds; asked for each time. */
  latencyMs: () => number;
  deliver: (run: () => void) => void;
  /** Every request that Vault gets, and when it was sent. */
  taken: (path: string, asked: Moment) => void;
  /** The end of every such request: Vault gave an answer, or ended. */
  over: (path: string, asked: Moment) => void;
  /** Every answer of Vault, when it gives it. */
  given: (path: string, reply: EmbeddedVaultReply) => void;
  /** Asked for when the service sends a request. */
  moment: () => Moment;
  /** Every whole answer, as the service got it, and when it had asked. */
  answered: (path: string, reply: EmbeddedVaultReply, asked: Moment) => void;
}

type Handler = Dispatcher.DispatchHandler;

/** The way from a service to its Vaults without a socket: undici's interface on one side, `answer()` on the other. */
export class VaultTransport extends Dispatcher {
  /** What is done to requests whose path fits. */
  mischief: { what: Mischief; paths: RegExp } | undefined;
  readonly #options: VaultTransportOptions;

  constructor(options: VaultTransportOptions) {
    super();
    this.#options = options;
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Handler): boolean {
    new Exchange(this.#options, options, handler, this.#mischiefFor(options.path)).start();
    return true;
  }

  override async close(): Promise<void> {}

  override async destroy(): Promise<void> {}

  #mischiefFor(path: string): Mischief | undefined {
    return this.mischief?.paths.test(path) ? this.mischief.what : undefined;
  }
}

/** One request and its answer. */
class Exchange {
  readonly #to: VaultTransportOptions;
  readonly #asked: Dispatcher.DispatchOptions;
  readonly #handler: Handler;
  readonly #mischief: Mischief | undefined;
  readonly #askedAt: Moment;
  #over = false;
  readonly #controller: Dispatcher.DispatchController;

  constructor(
    to: VaultTransportOptions,
    asked: Dispatcher.DispatchOptions,
    handler: Handler,
    mischief: Mischief | undefined,
  ) {
    this.#to = to;
    this.#asked = asked;
    this.#handler = handler;
    this.#mischief = mischief;
    this.#askedAt = to.moment();
    const state = { paused: false, aborted: false, reason: null as Error | null };
    this.#controller = {
      get paused() {
        return state.paused;
      },
      get aborted() {
        return state.aborted;
      },
      get reason() {
        return state.reason;
      },
      pause() {},
      resume() {},
      abort: (reason: Error) => {
        Object.assign(state, { aborted: true, reason });
        this.#over = true;
        handler.onResponseError?.(this.#controller, reason);
      },
    };
  }

  start(): void {
    const mischief = this.#mischief;
    if (mischief === "unreachable") return;
    this.#arrive(() => {
      const node = this.#to.nodes.find(({ address }) => address === String(this.#asked.origin));
      if (!node?.running) return this.#fail("ECONNREFUSED");
      this.#handler.onRequestStart?.(this.#controller, {});
      if (this.#over) return undefined;
      if (mischief === "no answer") return undefined;
      const own = mischief && made[mischief];
      if (own) return this.#later(() => this.#reply(own));
      return void this.#ask(node);
    });
  }

  async #ask(node: EmbeddedVault): Promise<void> {
    const { method, path, headers, body } = this.#asked;
    this.#to.taken(path, this.#askedAt);
    try {
      const reply = await node.answer({
        method: method as "GET",
        url: path,
        headers: headers as Record<string, string>,
        body: typeof body === "string" ? body : "",
      });
      this.#to.given(path, reply);
      this.#later(() => {
        if (this.#mischief === "answer lost") this.#fail("UND_ERR_SOCKET");
        else this.#reply(reply);
      });
    } catch {
      // It ended while it was at it.
      this.#later(() => this.#fail("UND_ERR_SOCKET"));
    } finally {
      this.#to.over(path, this.#askedAt);
    }
  }

  #reply(reply: EmbeddedVaultReply & { text?: string }): void {
    const text = reply.text ?? (reply.body === undefined ? "" : JSON.stringify(reply.body));
    const half = this.#mischief === "half a body" && text !== "";
    this.#handler.onResponseStart?.(this.#controller, reply.status, { ...reply.headers }, "");
    this.#handler.onResponseData?.(this.#controller, Buffer.from(half ? text.slice(0, text.length / 2) : text));
    if (half) {
      this.#fail("UND_ERR_SOCKET");
      return;
    }
    this.#over = true;
    this.#to.answered(this.#asked.path, reply, this.#askedAt);
    this.#handler.onResponseEnd?.(this.#controller, {});
  }

  #fail(code: string): void {
    this.#over = true;
    this.#handler.onResponseError?.(this.#controller, Object.assign(new Error(code), { code }));
  }

  /** After the way there. */
  #arrive(run: () => void): void {
    this.#to.clock.after(this.#to.latencyMs(), () => {
      if (!this.#over) this.#to.deliver(run);
    });
  }

  /** After the way back. */
  #later(run: () => void): void {
    this.#to.clock.after(this.#to.latencyMs(), () =>
      this.#to.deliver(() => {
        if (!this.#over) run();
      }),
    );
  }
}
