/** What a server in this process waits at before it does anything: shut while the server is paused. */
export class Gate {
  #opened: Promise<void> | undefined;
  #open: (() => void) | undefined;

  get shut(): boolean {
    return this.#opened !== undefined;
  }

  /** Whoever comes now waits for {@link open}. */
  close(): void {
    this.#opened ??= new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#open?.();
    this.#open = undefined;
    this.#opened = undefined;
  }

  /** At once while it is open. */
  async passed(): Promise<void> {
    while (this.#opened) await this.#opened;
  }
}
