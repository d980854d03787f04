import { abortable } from "./abort.ts";
import { type Arrival, arrival } from "./arrival.ts";
import { type Clock, sleep } from "./clock.ts";
import { Deadline } from "./deadline.ts";
import { Emitter } from "./emitter.ts";
import { kindOf, MiniclusterError } from "./errors.ts";
import { backoffDelay, pastRenewing, renewDelay, retryDelay } from "./schedule.ts";

/** Something with a life, as a server granted it. */
export interface Grant<T> {
  value: T;
  /** The life granted, in milliseconds; `Infinity` for one that never ends. */
  lifeMs: number;
  /** Whether its life can be made longer. */
  renewable: boolean;
  /** Its end, where something else was waited for before it was asked for. Default: `lifeMs` from the start of the try. */
  deadline?: Deadline | undefined;
}

/** A grant that is held, with the moment of its end. */
export interface Held<T> extends Grant<T> {
  deadline: Deadline;
}

/** `fresh`: the last try succeeded. `stale`: it failed, the life goes on. `expired`: the life is over, or there is none. */
export type Freshness = "fresh" | "stale" | "expired";

export interface RenewerEvents<T> {
  /** Longer life, same secret. */
  renewed: { held: Held<T> };
  /** A new secret; `previous` is undefined for the first one. */
  rotated: { held: Held<T>; previous: Held<T> | undefined; reason: string };
  /** The life ended and nothing has replaced it yet. Emitted once a value. */
  expired: { held: Held<T> };
  /** A try failed; the next one comes after `delayMs`. */
  failed: { step: "renew" | "rotate"; error: unknown; attempt: number; delayMs: number };
}

export interface RenewerOptions<T> {
  /** What is kept, for errors and diagnostics: "mysql/creds/todo". */
  name: string;
  clock: Clock;
  /** Default `Math.random`. */
  random?: (() => number) | undefined;
  /** Asks for a new secret. `reason` is "first", "due", "short", "refused" or what `rotate` was called with. */
  rotate: (context: { previous: T | undefined; reason: string; signal: AbortSignal }) => Promise<Grant<T>>;
  /** Asks for a longer life of the same secret. A `refused` failure turns into a rotation. */
  renew?: (context: { held: T; askedMs: number; signal: AbortSignal }) => Promise<Grant<T>>;
  /** Receives a grant that arrived after `close()`. */
  discard?: (value: T) => void;
}

/** The longest single sleep, so that a clock that jumped is noticed. */
const sliceMs = 30_000;
/** A renewal that grants less than this share of what was asked says that the max TTL is near. */
const shortShare = 0.9;
/** The longest backoff while a server refuses. */
const refusedCapMs = 30_000;

/**
 * The one loop that keeps something alive: renews at about 2/3 of what remains, rotates when a renewal is refused,
 * granted short or failing too near to the end, and backs off without ever giving up. It always keeps the last value.
 *
 * @example
 * const token = new Renewer({ name: "token", clock, rotate: logIn, renew: renewSelf });
 * token.start();
 * const held = await token.ready({ signal });
 */
export class Renewer<T> implements AsyncDisposable {
  readonly events: Emitter<RenewerEvents<T>> = new Emitter("core:renewer");
  readonly #options: RenewerOptions<T>;
  readonly #random: () => number;
  readonly #closing = new AbortController();
  #held: Held<T> | undefined;
  #loop: Promise<void> | undefined;
  #wake = new AbortController();
  #failures = 0;
  #lastError: unknown;
  #expiredSaid = false;
  /** Why the next step must be a rotation, if it must. */
  #pending: string | undefined;
  /** Somebody waits: try at once, then at least every second. */
  #urgent = false;
  #arrival: Arrival<Held<T>> | undefined;

  constructor(options: RenewerOptions<T>) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  /** The last good value, perhaps past its end; undefined before the first. */
  get held(): Held<T> | undefined {
    return this.#held;
  }

  get state(): Freshness {
    if (!this.#held || this.#held.deadline.passed) return "expired";
    return this.#failures > 0 ? "stale" : "fresh";
  }

  /** The failure of the last try, until one succeeds. */
  get lastError(): unknown {
    return this.#failures > 0 ? this.#lastError : undefined;
  }

  /** Starts the loop; any number of calls. Does not wait. */
  start(): void {
    this.#loop ??= this.#run();
  }

  /** The value as soon as there is one. @throws `CLOSED`; the signal's reason when aborted */
  async ready(options: { signal?: AbortSignal | undefined } = {}): Promise<Held<T>> {
    this.start();
    if (this.#held) return this.#held;
    return await this.#next(options.signal);
  }

  /**
   * Asks for a new secret now, without waiting for a backoff that was under way; calls share one rotation. With
   * `rejected`, a value that has replaced that one already is returned as it is. While nobody answers it is tried again
   * at least every second; once it is refused, as after any refusal, up to 30 s apart, or when `nudge` is called.
   *
   * @throws `CLOSED`; the signal's reason when aborted
   */
  async rotate(options: { reason: string; rejected?: T; signal?: AbortSignal | undefined }): Promise<Held<T>> {
    this.start();
    if (options.rejected !== undefined && this.#held && this.#held.value !== options.rejected) return this.#held;
    this.#pending ??= options.reason;
    const next = this.#next(options.signal);
    if (!this.#urgent) {
      this.#urgent = true;
      this.#failures = 0;
      this.#wake.abort();
    }
    return await next;
  }

  /** Tries at once if the last try failed: the server is known to be back. */
  nudge(): void {
    if (this.#failures > 0) this.#wake.abort();
  }

  /** Ends the loop; what arrives later goes to `discard`. Any number of calls, before, during and after a start. */
  async close(): Promise<void> {
    const reason = closed(this.#options.name);
    this.#closing.abort(reason);
    this.#wake.abort(reason);
    this.#arrival?.reject(reason);
    await this.#loop;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const { step, delayMs } = this.#plan();
      if (await this.#wait(delayMs)) await this.#attempt(step);
    }
  }

  /** What comes next, from what is held and how the last try went. */
  #plan(): { step: "renew" | "rotate"; delayMs: number } {
    const held = this.#held;
    const remainingMs = held?.deadline.remainingMs ?? 0;
    const mustRotate = !held || this.#pending !== undefined || !held.renewable || !this.#options.renew;
    if (this.#failures > 0) {
      const step = mustRotate || pastRenewing(remainingMs, held.lifeMs) ? "rotate" : "renew";
      return { step, delayMs: this.#backoff(remainingMs) };
    }
    if (!held || this.#pending !== undefined) return { step: "rotate", delayMs: 0 };
    return { step: mustRotate ? "rotate" : "renew", delayMs: renewDelay(remainingMs, this.#random()) };
  }

  #backoff(remainingMs: number): number {
    const error = this.#lastError;
    const delayMs =
      kindOf(error) === "unreachable"
        ? retryDelay(this.#urgent ? 0 : remainingMs, this.#failures, this.#random())
        : backoffDelay({ attempt: this.#failures, random: this.#random(), baseMs: 500, capMs: refusedCapMs });
    return Math.max(delayMs, (error instanceof MiniclusterError && error.retryAfterMs) || 0);
  }

  /** Sleeps, unless woken, in slices, so that a jump of either clock is seen. False when closed. */
  async #wait(delayMs: number): Promise<boolean> {
    const due = new Deadline(this.#options.clock, delayMs);
    this.#wake = new AbortController();
    const { signal } = this.#wake;
    if (this.#closing.signal.aborted) return false;
    try {
      while (!due.passed) {
        this.#sayExpired();
        const untilEnd = this.#expiredSaid ? sliceMs : (this.#held?.deadline.remainingMs ?? sliceMs);
        await sleep(this.#options.clock, Math.min(due.remainingMs, sliceMs, Math.max(untilEnd, 1)), { signal });
      }
      this.#sayExpired();
      return true;
    } catch {
      return !this.#closing.signal.aborted;
    }
  }

  #sayExpired(): void {
    const held = this.#held;
    if (!held || this.#expiredSaid || !held.deadline.passed) return;
    this.#expiredSaid = true;
    this.events.emit("expired", { held });
  }

  async #attempt(planned: "renew" | "rotate"): Promise<void> {
    const held = this.#held;
    const step = this.#pending !== undefined || !held ? "rotate" : planned;
    const reason = this.#pending ?? (held ? "due" : "first");
    try {
      if (step === "renew" && held) await this.#renew(held);
      else await this.#rotate(held, reason);
      this.#failures = 0;
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#fail(step, error);
    }
  }

  async #renew(held: Held<T>): Promise<void> {
    const askedMs = held.lifeMs;
    // A rotation that is asked for meanwhile does not wait for this answer.
    const { signal } = this.#wake;
    const started = this.#startOfLife();
    let grant: Grant<T>;
    try {
      const renewing = this.#options.renew?.({ held: held.value, askedMs, signal });
      if (!renewing) return;
      grant = await abortable(renewing, signal);
    } catch (error) {
      if (this.#wake.signal.aborted && this.#pending !== undefined) return;
      throw error;
    }
    const short = grant.lifeMs < askedMs * shortShare;
    // The asked-for life stays the measure, or a lease that shrinks by degrees would never be rotated.
    this.#held = {
      ...grant,
      lifeMs: short ? askedMs : grant.lifeMs,
      deadline: grant.deadline ?? started(grant.lifeMs),
    };
    this.#expiredSaid = false;
    this.events.emit("renewed", { held: this.#held });
    if (short) this.#pending ??= "short";
  }

  async #rotate(previous: Held<T> | undefined, reason: string): Promise<void> {
    const { signal } = this.#closing;
    const started = this.#startOfLife();
    const rotating = this.#options.rotate({ previous: previous?.value, reason, signal });
    const grant = await abortable(rotating, signal, (late) => this.#options.discard?.(late.value));
    this.#held = { ...grant, deadline: grant.deadline ?? started(grant.lifeMs) };
    this.#pending = undefined;
    this.#urgent = false;
    this.#expiredSaid = false;
    this.#arrival?.resolve(this.#held);
    this.#arrival = undefined;
    this.events.emit("rotated", { held: this.#held, previous, reason });
  }

  /** A life counts from when it was asked for, not from when the answer came. */
  #startOfLife(): (lifeMs: number) => Deadline {
    const asked = new Deadline(this.#options.clock, 0);
    return (lifeMs) => new Deadline(this.#options.clock, lifeMs + asked.remainingMs);
  }

  #fail(step: "renew" | "rotate", error: unknown): void {
    const refusedRenewal = step === "renew" && kindOf(error) === "refused";
    if (refusedRenewal) this.#pending ??= "refused";
    this.#failures = refusedRenewal ? 0 : this.#failures + 1;
    this.#lastError = error;
    const delayMs = refusedRenewal ? 0 : this.#backoff(this.#held?.deadline.remainingMs ?? 0);
    this.events.emit("failed", { step, error, attempt: this.#failures, delayMs });
  }

  /** The next rotation; all who wait share one promise. */
  #next(signal: AbortSignal | undefined): Promise<Held<T>> {
    this.#arrival ??= arrival();
    if (this.#closing.signal.aborted) this.#arrival.reject(this.#closing.signal.reason);
    return abortable(this.#arrival.promise, signal);
  }
}

function closed(name: string): MiniclusterError {
  return new MiniclusterError({ code: "CLOSED", kind: "invalid", message: `${name}: closed` });
}
