import { type FSWatcher, watch } from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname } from "node:path";

/** Longer lines than any of a logger are cut. */
const maxLineLength = 65_536;

/**
 * The lines that a process of the development cluster logs from now on. It reads what was added whenever the file
 * changes, so it needs no timer.
 */
export class LogLines implements Disposable {
  readonly #path: string;
  readonly #onLine: (line: string) => void;
  readonly #watcher: FSWatcher;
  #offset = 0;
  #rest = "";
  #reading: Promise<void> | undefined;
  #again = false;

  constructor(path: string, onLine: (line: string) => void) {
    this.#path = path;
    this.#onLine = onLine;
    const own = basename(path);
    this.#watcher = watch(dirname(path), (_event, name) => name === own && this.#read());
    // The directory goes away with its process; there is nothing more to read then.
    this.#watcher.on("error", () => this.#watcher.close());
    this.#read();
  }

  [Symbol.dispose](): void {
    this.#watcher.close();
  }

  #read(): void {
    if (this.#reading) {
      this.#again = true;
      return;
    }
    this.#reading = this.#readOn()
      .catch(() => {})
      .finally(() => {
        this.#reading = undefined;
        if (!this.#again) return;
        this.#again = false;
        this.#read();
      });
  }

  async #readOn(): Promise<void> {
    await using file = await open(this.#path, "r");
    const buffer = Buffer.alloc(maxLineLength);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, this.#offset);
      if (bytesRead === 0) return;
      this.#offset += bytesRead;
      const lines = (this.#rest + buffer.toString("utf8", 0, bytesRead)).split("\n");
      this.#rest = (lines.pop() ?? "").slice(-maxLineLength);
      for (const line of lines) this.#onLine(line);
    }
  }
}
