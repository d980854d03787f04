import type { Terminal } from "./terminal.ts";

/** Control sequences of a terminal (ECMA-48; the private modes are xterm's). */
const enter = "\u001b[?1049h\u001b[?25l\u001b[?7l";
const leave = "\u001b[?7h\u001b[?25h\u001b[?1049l";
const home = "\u001b[H";
const clearToEndOfLine = "\u001b[K";
const clearBelow = "\u001b[J";

/**
 * A screen of its own on a terminal, drawn anew as often as one likes: what was there before comes back at the end. Lines
 * that are too long or too many are cut.
 */
export class Screen implements Disposable {
  readonly #terminal: Terminal;
  readonly #restore = (): void => this.#terminal.write(leave);

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    terminal.write(enter);
    process.once("exit", this.#restore);
  }

  draw(lines: readonly string[]): void {
    const { rows = lines.length } = this.#terminal;
    const shown =
      lines.length <= rows ? lines : [...lines.slice(0, rows - 1), `... ${lines.length - rows + 1} more lines`];
    const text = shown.map((line) => line + clearToEndOfLine).join("\r\n");
    this.#terminal.write(home + text + clearBelow);
  }

  [Symbol.dispose](): void {
    process.off("exit", this.#restore);
    this.#restore();
  }
}
