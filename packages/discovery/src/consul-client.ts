import { EventEmitter } from "node:events";
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, type RequestOptions } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { type Clock, withDeadline } from "@minicluster/core";
import Consul from "consul";
import { Bell } from "./bell.ts";
import type { ConsulSettings } from "./consul-options.ts";
import { DiscoveryError, type DiscoveryErrorCode } from "./errors.ts";

/** What every call of the `consul` package takes; its types leave most of it out. */
export interface ConsulCallOptions {
  ctx: EventEmitter;
  timeout: number;
  token?: string;
}

type Call<Options> = (options: ConsulCallOptions & Options) => Promise<unknown>;

/** The calls we use. Each resolves to `[response, body]`, because its context says `includeResponse`. */
interface ConsulCalls {
  health: { service: Call<{ service: string; near?: string; index?: string; wait?: string }> };
  catalog: { node: { services: Call<{ node: string }> } };
  agent: {
    check: {
      list: Call<{ filter: string }>;
      deregister: Call<{ id: string }>;
      pass: Call<{ id: string; note?: string }>;
      warn: Call<{ id: string; note?: string }>;
      fail: Call<{ id: string; note?: string }>;
    };
    service: {
      register: Call<Record<string, unknown>>;
      deregister: Call<{ id: string }>;
      maintenance: Call<{ id: string; enable: boolean; reason?: string }>;
    };
  };
  destroy(): void;
  /** Extensions of the package's HTTP layer (papi): runs before each request. */
  _ext(event: "onRequest", run: (request: PapiRequest, next: () => void) => void): void;
}

interface PapiRequest {
  transport: Transport;
}

/** Of node:http or node:https. */
interface Transport {
  request(options: RequestOptions): ClientRequest;
}

export interface ConsulAnswer {
  /** `X-Consul-Index`; undefined when missing or not a positive number. */
  readonly index: bigint | undefined;
  readonly body: unknown;
}

/** What a status code says. Everything else, 5xx above all, is a Consul that can't answer now. */
const statusCodes: Readonly<Record<number, DiscoveryErrorCode>> = {
  400: "CONSUL_REFUSED",
  401: "CONSUL_REFUSED",
  403: "CONSUL_REFUSED",
  404: "CONSUL_REFUSED",
};

/**
 * An agent closes the 201st connection of one address. 100 of these are for blocking queries, and what else is asked takes
 * turns on the others; the rest of the 200 is left for other processes, or for one that starts while this one ends.
 */
const mostConnections = 150;

/**
 * One agent, through the calls of the `consul` package: each with a deadline, a signal and the token of the moment.
 * An answer that stops in mid-body would hang that package for ever, so no call goes without.
 */
export class ConsulClient {
  readonly name: string;
  readonly settings: ConsulSettings;
  /** Rung when the agent answers again after it did not. */
  readonly back: Bell = new Bell();
  readonly #calls: ConsulCalls;
  #away = false;

  constructor(settings: ConsulSettings) {
    this.settings = settings;
    this.name = `Consul at ${settings.baseUrl}`;
    const secure = settings.baseUrl.startsWith("https:");
    const pooling = { keepAlive: true, maxSockets: mostConnections };
    const agent = secure ? new HttpsAgent({ ...pooling, ca: settings.ca }) : new HttpAgent(pooling);
    const options = { baseUrl: `${settings.baseUrl}/v1`, agent };
    this.#calls = new Consul(options) as unknown as ConsulCalls;
    this.#calls._ext("onRequest", (request, next) => {
      request.transport = noticingCuts(request.transport);
      next();
    });
  }

  /**
   * One call. `ms` is its deadline (default: the `timeout` of the settings).
   *
   * @throws DiscoveryError `CONSUL_UNREACHABLE`, `CONSUL_REFUSED`, `CONSUL_GARBAGE`; the signal's reason
   */
  async call(
    options: { clock: Clock; phase: string; signal: AbortSignal; ms?: number },
    run: (calls: ConsulCalls, common: ConsulCallOptions) => Promise<unknown>,
  ): Promise<ConsulAnswer> {
    const { clock, phase, signal, ms = this.settings.timeoutMs } = options;
    const token = this.settings.token()?.reveal();
    try {
      const answer = await withDeadline({ clock, ms, phase, signal }, async (deadline) => {
        const ctx = Object.assign(new EventEmitter(), { includeResponse: true });
        const cancel = (): boolean => ctx.emit("cancel");
        deadline.addEventListener("abort", cancel, { once: true });
        try {
          return await run(this.#calls, { ctx, timeout: ms + 1_000, ...(token === undefined ? {} : { token }) });
        } finally {
          deadline.removeEventListener("abort", cancel);
        }
      });
      const [response, body] = answer as [IncomingMessage, unknown];
      this.#reached();
      return { index: consulIndex(response), body };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw this.#failure(phase, error, token);
    }
  }

  close(): void {
    this.#calls.destroy();
  }

  #reached(): void {
    if (!this.#away) return;
    this.#away = false;
    this.back.ring();
  }

  /** Ours, without the response that the package hangs on its errors: it holds the token. */
  #failure(phase: string, error: unknown, token: string | undefined): DiscoveryError {
    const { response, isCodec, code, message } = error as PapiError;
    if (isCodec) return new DiscoveryError("CONSUL_GARBAGE", `${phase}: ${this.name} answered what is not JSON`);
    if (response) {
      const status = response.statusCode ?? 0;
      const errorCode = statusCodes[status] ?? "CONSUL_UNREACHABLE";
      if (errorCode === "CONSUL_UNREACHABLE") this.#away = true;
      return new DiscoveryError(errorCode, `${phase}: ${this.name} answered ${status}${excerpt(response.body, token)}`);
    }
    this.#away = true;
    const reason = code ?? message ?? "no answer";
    return new DiscoveryError("CONSUL_UNREACHABLE", `${phase}: ${this.name} can't be reached: ${reason}`);
  }
}

/** An answer cut in mid-body is an error of its request at once; the package itself would wait for its timeout. */
function noticingCuts(transport: Transport): Transport {
  return {
    request: (options) => {
      const request = transport.request(options);
      request.on("response", (response) => {
        response.once("close", () => {
          if (!response.complete) request.emit("error", new Error("the answer was cut short"));
        });
      });
      return request;
    },
  };
}

interface PapiError {
  response?: { statusCode?: number; body?: unknown };
  isCodec?: boolean;
  code?: string;
  message?: string;
}

function consulIndex(response: IncomingMessage): bigint | undefined {
  const header = response.headers["x-consul-index"];
  if (typeof header !== "string" || !/^\d{1,20}$/.test(header)) return undefined;
  const index = BigInt(header);
  return index > 0n ? index : undefined;
}

/** What Consul says about it, in plain text; never the token, should somebody echo it. */
function excerpt(body: unknown, token: string | undefined): string {
  const text = (Buffer.isBuffer(body) ? body.toString("utf8") : typeof body === "string" ? body : "").trim();
  if (text === "") return "";
  const safe = token ? text.replaceAll(token, "[secret]") : text;
  return `: ${safe.replace(/\s+/g, " ").slice(0, 200)}`;
}
