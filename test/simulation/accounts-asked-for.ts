/** At most three new accounts in a minute; a request may be on its way for a while, so a bit less is looked at. */
const [most, minuteMs, windowMs] = [3, 60_000, 54_000];
/** No request waits for longer in a frozen server. */
const keptMs = 900_000;

/**
 * When the service asked for the accounts that were made. Those that waited for a frozen MySQL or Vault are made all at
 * once when it thaws, though they were asked for one after the other.
 */
export class AccountsAskedFor {
  #waiting: number[] = [];
  #made: number[] = [];

  ask(at: number): void {
    this.#waiting.push(at);
  }

  /** It was answered, or never will be: nothing can be made for it any more. */
  over(at: number): void {
    const index = this.#waiting.indexOf(at);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  /** One was made, for whoever has waited longest. @returns whether more were asked for in a minute than may be */
  made(now: number): boolean {
    const at = this.#waiting.shift() ?? now;
    this.#made.push(at);
    return this.#made.filter((one) => one > at - windowMs && one <= at).length > most;
  }

  /** Whether the service may ask for another one. */
  mayAsk(now: number): boolean {
    return this.#made.filter((at) => at > now - minuteMs).length < most;
  }

  forget(now: number): void {
    this.#waiting = this.#waiting.filter((at) => at > now - keptMs);
    this.#made = this.#made.filter((at) => at > now - keptMs);
  }
}
