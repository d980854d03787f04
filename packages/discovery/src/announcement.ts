import {
  abortable,
  type Clock,
  type Duration,
  durationMs,
  Emitter,
  kindOf,
  Renewer,
  runOnce,
  withDeadline,
} from "@minicluster/core";
import { Bell } from "./bell.ts";
import { DiscoveryError } from "./errors.ts";
import type { Feed, FeedNews } from "./feed.ts";
import type { CheckStatus, Instance } from "./instance.ts";
import type { Registrar, Registration } from "./registrar.ts";

export interface AnnouncementEvents {
  /** `reason`: "first", "agent returned", "missing", "maintenance", "reported", "refused" (the agent forgot a TTL check) or "due" (its TTL ran out). */
  registered: { service: string; id: string; reason: string };
  /** A try failed; the next one comes after `delayMs`. */
  failed: { service: string; id: string; error: unknown; delayMs: number };
  /** `confirmed`: the agent said so; false when it could not be reached in time. */
  deregistered: { service: string; id: string; confirmed: boolean };
}

export interface AnnouncementOptions {
  registration: Registration;
  registrar: Registrar;
  /** The service as the cluster sees it, our instance among the others. */
  feed: Feed;
  clock: Clock;
  random: () => number;
  status: CheckStatus | undefined;
  closeTimeoutMs: number;
  onClose: () => void;
}

/** How long the catalog may miss us before we register again: at first, and at most. */
const missingMs = 1_000;
const missingCapMs = 15_000;

/** An instance kept registered, whatever the agent forgets, until it is closed. */
export class Announcement implements AsyncDisposable {
  readonly service: string;
  readonly id: string;
  readonly events: Emitter<AnnouncementEvents> = new Emitter("discovery:announcement");
  /** Deregisters and ends. Takes no longer than `closeTimeout`, even when Consul is away. Any number of calls. */
  readonly close: () => Promise<void> = runOnce(() => this.#close());
  readonly #options: AnnouncementOptions;
  readonly #renewer: Renewer<{ reason: string }>;
  readonly #closing = new AbortController();
  readonly #news = new Bell();
  readonly #off: () => void;
  #watching: Promise<void> | undefined;
  /** What a TTL check reports. */
  #report: { status: CheckStatus; note: string };
  /** What our check was when the cluster last saw us. */
  #seen: CheckStatus | undefined;
  /** What to come back with, after the agent was away. */
  #restore: CheckStatus | undefined;
  #maintenance: { on: boolean; reason: string } | undefined;

  /** Made by `discovery.announce()`. */
  constructor(options: AnnouncementOptions) {
    const { registration, clock, random, feed } = options;
    this.#options = options;
    this.service = registration.service;
    this.id = registration.id;
    this.#report = { status: options.status ?? "passing", note: "" };
    const { ttlMs } = registration.check ?? {};
    this.#renewer = new Renewer({
      name: `the registration of ${this.id}`,
      clock,
      random,
      rotate: async ({ reason, signal }) => {
        await this.#register(signal);
        return { value: { reason }, lifeMs: ttlMs ?? Number.POSITIVE_INFINITY, renewable: ttlMs !== undefined };
      },
      renew: async ({ held, askedMs, signal }) => {
        await this.#heartbeat(signal);
        return { value: held, lifeMs: askedMs, renewable: true };
      },
    });
    this.#renewer.events.on("rotated", ({ reason }) => this.events.emit("registered", { ...this.#named, reason }));
    this.#renewer.events.on("failed", ({ error, delayMs }) =>
      this.events.emit("failed", { ...this.#named, error, delayMs }),
    );
    this.#off = feed.listen((news) => this.#hear(news));
  }

  /** Whether the agent took the registration and nothing has failed since. */
  get state(): "registering" | "registered" | "closed" {
    if (this.#closing.signal.aborted) return "closed";
    return this.#renewer.state === "fresh" ? "registered" : "registering";
  }

  /** Why the last try failed, while it does. */
  get error(): unknown {
    return this.#renewer.lastError;
  }

  /** Starts; any number of calls. Does not wait for Consul. */
  start(): void {
    if (this.#closing.signal.aborted) return;
    this.#renewer.start();
    this.#watching ??= this.#watchOver();
  }

  /** Waits for the first registration. @throws `CLOSED`; the signal's reason */
  async ready(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    await this.#renewer.ready(options);
  }

  /** What a TTL check says from now on; told at once, and again with each heartbeat. @throws `UNSUPPORTED`, `CLOSED` */
  async report(status: CheckStatus, note = ""): Promise<void> {
    this.#throwIfClosed();
    if (this.#options.registration.check?.ttlMs === undefined) {
      throw new DiscoveryError("UNSUPPORTED", `${this.id} has no TTL check; only one of that kind takes reports`);
    }
    this.#report = { status, note };
    try {
      await this.#heartbeat(this.#closing.signal);
    } catch {
      this.#again("reported");
    }
  }

  /**
   * Takes the instance out of everybody's lists, or back in, and keeps it so through restarts of the agent.
   *
   * @throws `CLOSED`; the signal's reason (the wish stays and is carried out when the agent is there)
   */
  async maintenance(on: boolean, options: { reason?: string; signal?: AbortSignal | undefined } = {}): Promise<void> {
    this.#throwIfClosed();
    this.#maintenance = { on, reason: options.reason ?? "" };
    await this.#renewer.rotate({ reason: "maintenance", signal: options.signal });
  }

  /**
   * Asks everybody to stop sending: maintenance on, then waits until the cluster sees it. Call before the last
   * requests are finished and `close()`. Never rejects, and takes no longer than `timeout` (default 1 s).
   */
  async drain(options: { timeout?: Duration } = {}): Promise<void> {
    const { clock } = this.#options;
    const ms = durationMs(options.timeout ?? "1s", "timeout");
    try {
      await withDeadline({ clock, ms, phase: `draining ${this.id}`, signal: this.#closing.signal }, async (signal) => {
        await this.maintenance(true, { reason: "draining", signal });
        while (this.#visible()?.status !== "critical") await this.#news.wait(clock, ms, { signal });
      });
    } catch {
      // Whoever still comes is served until close().
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { registrar, clock, closeTimeoutMs, onClose } = this.#options;
    this.#off();
    this.#closing.abort(new DiscoveryError("CLOSED", `the announcement of ${this.id} is closed`));
    await Promise.all([this.#renewer.close(), this.#watching]);
    let confirmed = true;
    try {
      await withDeadline({ clock, ms: closeTimeoutMs, phase: `deregistering ${this.id}` }, async (signal) => {
        while (!signal.aborted) {
          try {
            return await registrar.deregister(this.id, { signal });
          } catch (error) {
            if (kindOf(error) !== "unreachable") throw error;
            await this.#news.wait(clock, 100, { signal });
          }
        }
      });
    } catch {
      confirmed = false;
    }
    this.events.emit("deregistered", { ...this.#named, confirmed });
    onClose();
  }

  get #named(): { service: string; id: string } {
    return { service: this.service, id: this.id };
  }

  async #register(signal: AbortSignal): Promise<void> {
    const { registrar, registration, status } = this.#options;
    const isTtl = registration.check?.ttlMs !== undefined;
    const restored = this.#restore;
    await registrar.register(registration, {
      status: isTtl ? this.#report.status : (restored ?? this.#seen ?? status),
      restore: restored !== undefined && !isTtl,
      signal,
    });
    if (isTtl) await this.#heartbeat(signal);
    const maintenance = this.#maintenance;
    if (maintenance) await registrar.maintenance(this.id, { ...maintenance, signal });
    if (this.#restore === restored) this.#restore = undefined;
  }

  async #heartbeat(signal: AbortSignal): Promise<void> {
    const { registrar, registration } = this.#options;
    if (registration.check) await registrar.heartbeat(registration.check.checkId, { ...this.#report, signal });
  }

  /** Registers anew, soon and until it works. */
  #again(reason: string): void {
    if (this.#closing.signal.aborted) return;
    this.#renewer.rotate({ reason }).catch(() => {});
  }

  #hear(news: FeedNews): void {
    if (news.what === "lost") this.#restore ??= this.#seen;
    if (news.what === "back") {
      this.#restore ??= this.#seen;
      this.#again("agent returned");
    }
    // Between an agent's return and our registering again, it may say critical of a check that never ran.
    if (news.what === "found" && this.#restore === undefined && !this.#maintenance?.on) {
      this.#seen = this.#visible()?.status ?? this.#seen;
    }
    this.#news.ring();
  }

  #visible(): Instance | undefined {
    const { feed, registration } = this.#options;
    return feed.instances?.find(({ id, port }) => id === this.id && port === registration.port);
  }

  /** Looks whether the cluster sees us, and registers again where it does not. */
  async #watchOver(): Promise<void> {
    const { clock, feed } = this.#options;
    const { signal } = this.#closing;
    let patienceMs = missingMs;
    try {
      await abortable(this.ready({ signal }), signal);
      while (!signal.aborted) {
        if (this.#visible() || feed.state !== "fresh") {
          if (this.#visible()) patienceMs = missingMs;
          await this.#news.wait(clock, missingCapMs, { signal });
          continue;
        }
        await this.#waitUntilVisible(patienceMs, signal);
        if (this.#visible() || feed.state !== "fresh") continue;
        patienceMs = Math.min(missingCapMs, patienceMs * 2);
        this.#again("missing");
      }
    } catch {
      // Closed.
    }
  }

  async #waitUntilVisible(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const end = clock.monotonic() + ms;
    while (!this.#visible() && clock.monotonic() < end) {
      await this.#news.wait(clock, end - clock.monotonic(), { signal });
    }
  }

  #throwIfClosed(): void {
    this.#closing.signal.throwIfAborted();
  }
}
