import { backoffDelay, LinkedSignal, MiniclusterError, sleep, withDeadline } from "@minicluster/core";
import { closedError, connectError } from "./acquire-errors.ts";
import { type Credentials, sameAccount } from "./credentials.ts";
import { Denials, type Verdict } from "./denials.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { Drain } from "./drain.ts";
import { MysqlError } from "./errors.ts";
import { factsOf } from "./events.ts";
import { connectFault, faultName } from "./faults.ts";
import { Generation, type GenerationKey, sameKey } from "./generation.ts";
import type { PooledConnection } from "./pooled-connection.ts";
import { Refusals } from "./refusals.ts";

/** How long the end of the pool waits for its source to take credentials back. */
const givingBackMs = 1_000;

/**
 * Keeps the right generation in place: opens the next one when account, address or TLS identity change, swaps, drains
 * the old one, and gives credentials back when no connection uses them.
 */
export class Keeper {
  readonly #dispatcher: Dispatcher;
  readonly #denials: Denials;
  readonly #refusals: Refusals;
  readonly #closing = new AbortController();
  readonly #drains = new Map<Generation, Drain>();
  /** Every credentials seen and not given back yet. */
  readonly #held = new Set<Credentials>();
  #unsubscribe: (() => void)[] = [];
  #ids = 0;
  #opening: Generation | undefined;
  #running: Promise<void> | undefined;
  #wake = new AbortController();
  #rotating: Promise<void> | undefined;
  #failing: MysqlError | undefined;

  constructor(dispatcher: Dispatcher) {
    this.#dispatcher = dispatcher;
    this.#denials = new Denials(dispatcher.clock);
    this.#refusals = new Refusals(dispatcher.clock);
  }

  /** Why the next generation can't be opened; undefined when there is none to open. */
  get failing(): MysqlError | undefined {
    return this.#failing;
  }

  /** Follows the sources from now on; does not wait for them. */
  start(): void {
    const { credentials, address, tls } = this.#dispatcher.settings;
    const wake = (): void => this.wake();
    this.#unsubscribe = [credentials.onRotated(wake), address.onChange(wake), ...(tls ? [tls.onChange(wake)] : [])];
    for (const source of [credentials, address]) void this.#await(source);
    this.wake();
  }

  /** Looks at what the sources hold now. */
  wake(): void {
    if (this.#closing.signal.aborted) return;
    this.#wake.abort();
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    this.#giveBack();
  }

  /** MySQL refused this generation's account: asks for new credentials, once for all who were refused. */
  reject(generation: Generation, reason: string): void {
    const { settings, events, counters } = this.#dispatcher;
    const { credentials } = generation.key;
    const { current } = settings.credentials;
    if (current && !sameAccount(current, credentials)) {
      this.wake();
      return;
    }
    if (this.#rotating || this.#closing.signal.aborted) return;
    counters.rotationsForced += 1;
    events.emit("credentials.rejected", { ...factsOf(generation), reason });
    this.#rotating = settings.credentials
      .rotate({ rejected: credentials, reason, signal: this.#closing.signal })
      .then(
        () => this.wake(),
        (error: unknown) => this.#rotationFailed(generation, error),
      )
      .finally(() => {
        this.#rotating = undefined;
      });
  }

  /** What a denial on this connection means; asks for new credentials where they may help. */
  judge(connection: PooledConnection, error: unknown, repeated: boolean = false): Verdict {
    const { generation } = connection;
    const { current, events } = this.#dispatcher;
    if (generation !== current) {
      connection.worn = true;
      return "fresh";
    }
    const verdict = this.#denials.judge(error, connection.openedAt, repeated);
    if (verdict === "missing") {
      events.emit("grant.missing", { ...factsOf(generation), reason: faultName(error) });
      return verdict;
    }
    connection.worn = true;
    if (verdict === "rotate") this.reject(generation, faultName(error));
    return this.#rotating ? "rotate" : verdict;
  }

  /** A statement ran that was denied before. */
  healed(error: unknown): void {
    this.#denials.healed(error);
  }

  /** The last connection of a superseded generation is closed. */
  drained(generation: Generation): void {
    const drain = this.#drains.get(generation);
    if (drain) {
      this.#drains.delete(generation);
      this.#dispatcher.counters.generationsDrained += 1;
      this.#dispatcher.events.emit("generation.drained", { ...factsOf(generation), cut: drain.cut });
    }
    this.#giveBack();
  }

  /** Cuts what is past its drain deadline. Called by the watchdog. */
  tick(): void {
    for (const drain of this.#drains.values()) drain.tick();
  }

  /** Stops following, and gives every credentials back; waits a second for that at most. All connections are closed already. */
  async close(): Promise<void> {
    this.#closing.abort(closedError());
    this.#wake.abort();
    for (const off of this.#unsubscribe.splice(0)) off();
    await this.#running;
    const { credentials, clock } = this.#dispatcher.settings;
    if (credentials.current) this.#held.add(credentials.current);
    const released = Promise.all([...this.#held].map((held) => this.#release(held)));
    // Their source goes on with it: a frozen Vault must not hold up whoever ends the pool.
    await withDeadline({ clock, ms: givingBackMs, phase: "giving credentials back" }, () => released).catch(() => {});
  }

  /** A source that fails to start is asked again for ever: what it waits for may come. */
  async #await(source: { ready(options: { signal: AbortSignal }): Promise<unknown> }): Promise<void> {
    const { clock, settings } = this.#dispatcher;
    const { signal } = this.#closing;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      try {
        await source.ready({ signal });
        return this.wake();
      } catch (error) {
        if (signal.aborted) return;
        this.#failing = error instanceof MysqlError ? error : undefined;
        const delayMs = backoffDelay({ attempt, random: settings.random(), capMs: 5_000 });
        await sleep(clock, delayMs, { signal }).catch(() => {});
      }
    }
  }

  #wanted(): GenerationKey | undefined {
    const { credentials, address, tls } = this.#dispatcher.settings;
    if (!credentials.current || !address.current) return undefined;
    return { credentials: credentials.current, address: address.current, tls: tls?.current };
  }

  async #run(): Promise<void> {
    // Not in the caller's turn: a source may tell several changes in one.
    await Promise.resolve();
    for (let attempt = 1; !this.#closing.signal.aborted; ) {
      this.#wake = new AbortController();
      const { current } = this.#dispatcher;
      const key = this.#wanted();
      if (!key || (current && sameKey(current.key, key))) break;
      this.#held.add(key.credentials);
      const next = this.#generation(key);
      if (!current) {
        this.#swap(next);
        continue;
      }
      this.#opening = next;
      try {
        await this.#open(next, current);
        this.#opening = undefined;
        this.#swap(next);
        attempt = 1;
      } catch (error) {
        this.#opening = undefined;
        this.#dispatcher.discard(next);
        if (this.#closing.signal.aborted || this.#dispatcher.closing) break;
        const refused = await this.#backOff(next, error, attempt);
        // The backoff goes on over new credentials: a MySQL that takes none must not use up all that may be issued.
        attempt = this.#wake.signal.aborted && !refused ? 1 : attempt + 1;
      }
    }
    this.#failing = undefined;
  }

  #generation(key: GenerationKey): Generation {
    const { clock, settings } = this.#dispatcher;
    this.#ids += 1;
    return new Generation({ id: this.#ids, key, clock, random: settings.random });
  }

  /** One connection that answers a ping; then, one by one, as many as the old one's borrowers need. */
  async #open(next: Generation, old: Generation): Promise<void> {
    const dispatcher = this.#dispatcher;
    if (!(await dispatcher.room(undefined, { wait: true }))) throw closedError();
    await dispatcher.warm(next);
    const wantedNow = Math.min(old.busy, dispatcher.settings.connectionLimit);
    while (next.connections.size < wantedNow && (await dispatcher.room(old, { wait: false }))) {
      try {
        await dispatcher.warm(next);
      } catch {
        return;
      }
    }
  }

  #swap(next: Generation): void {
    const { events, settings, clock } = this.#dispatcher;
    const warm = next.idle.length;
    this.#failing = undefined;
    this.#refusals.accepted();
    const previous = this.#dispatcher.install(next);
    events.emit("generation.opened", { ...factsOf(next), warm, previous: previous?.id });
    if (previous) {
      const drain = new Drain({ generation: previous, settings, clock });
      this.#drains.set(previous, drain);
      events.emit("generation.retired", { ...factsOf(previous), busy: previous.busy, deadlineMs: drain.remainingMs });
      if (previous.connections.size === 0) this.drained(previous);
    }
    this.#giveBack();
  }

  /** Whether MySQL refused the account. */
  async #backOff(next: Generation, error: unknown, attempt: number): Promise<boolean> {
    const { clock, settings, events, current } = this.#dispatcher;
    const refused = connectFault(error) === "refused";
    const delayMs = backoffDelay({ attempt, random: settings.random(), capMs: refused ? 5_000 : 1_000 });
    this.#failing = connectError(next, error);
    events.emit("generation.failed", { ...factsOf(next), error: this.#failing, attempt, delayMs });
    const serving = current?.alive === true && !current.trouble;
    // The account in use, too: refused at a new address, it is dead, though old connections at the old one don't notice.
    if (refused && this.#refusals.giveUp(serving)) this.reject(next, faultName(error));
    using either = new LinkedSignal(this.#wake.signal, this.#closing.signal);
    await sleep(clock, delayMs, { signal: either.signal }).catch(() => {});
    return refused;
  }

  #rotationFailed(generation: Generation, error: unknown): void {
    if (this.#closing.signal.aborted || generation !== this.#dispatcher.current) return;
    const why = error instanceof MiniclusterError ? error.message : "its source failed";
    const refused = (): MysqlError =>
      new MysqlError({
        code: "MYSQL_REFUSED",
        message: `MySQL refuses ${generation.key.credentials.username}, and there are no new credentials: ${why}`,
        cause: error,
      });
    this.#dispatcher.queue.failParked(refused);
    if (!generation.alive) this.#dispatcher.queue.failWaiting(refused);
  }

  /** Gives back what neither the source nor a generation holds any more. */
  #giveBack(): void {
    const { credentials } = this.#dispatcher.settings;
    const { current } = credentials;
    if (current) this.#held.add(current);
    const used = [...this.#dispatcher.generations, this.#dispatcher.current, this.#opening];
    for (const held of this.#held) {
      if (current && sameAccount(held, current)) continue;
      if (used.some((generation) => generation && sameAccount(generation.key.credentials, held))) continue;
      void this.#release(held);
    }
  }

  async #release(credentials: Credentials): Promise<void> {
    this.#held.delete(credentials);
    this.#dispatcher.counters.credentialsReleased += 1;
    const { id, username } = credentials;
    this.#dispatcher.events.emit("credentials.released", { credentials: id, username });
    await this.#dispatcher.settings.credentials.release(credentials).catch(() => {});
  }
}
