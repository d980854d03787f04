import type { Readable } from "node:stream";
import type { WriteStream } from "node:tty";
import picocolors from "picocolors";

type Out = Pick<WriteStream, "write"> & { isTTY?: boolean; rows?: number };

export interface TerminalOptions {
  env: Readonly<Record<string, string | undefined>>;
  stdin: Readable & { isTTY?: boolean };
  stdout: Out;
  stderr: Out;
}

/** Where a command speaks: results to stdout, all else to stderr. Colours on a terminal only, and not with NO_COLOR. */
export class Terminal {
  readonly env: TerminalOptions["env"];
  readonly stdin: TerminalOptions["stdin"];
  readonly colours: ReturnType<typeof picocolors.createColors>;
  readonly #stdout: Out;
  readonly #stderr: Out;
  /** Whether stdout is a terminal that does more than print. */
  readonly #live: boolean;

  constructor(options: TerminalOptions) {
    const { env, stdin, stdout, stderr } = options;
    this.env = env;
    this.stdin = stdin;
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#live = stdout.isTTY === true && env["TERM"] !== "dumb";
    this.colours = picocolors.createColors(this.#live && !env["NO_COLOR"]);
  }

  /** How many lines the screen has that stdout is; undefined where it is none, or one that only prints. */
  get rows(): number | undefined {
    // A terminal that doesn't know its size says 0.
    return this.#live ? this.#stdout.rows || 24 : undefined;
  }

  /** Just as it is. */
  write(text: string): void {
    this.#stdout.write(text);
  }

  /** A line of the result. */
  print(line: string): void {
    this.write(`${line}\n`);
  }

  json(value: unknown): void {
    this.print(JSON.stringify(value, undefined, 2));
  }

  /** A line about what is going on. */
  note(line: string): void {
    this.#stderr.write(`${line}\n`);
  }

  /** A question, without a line's end. */
  ask(question: string): void {
    this.#stderr.write(question);
  }

  /** Says what is going on when it may take longer than a second and a person looks on. */
  progress(line: string): void {
    if (this.#stderr.isTTY) this.note(line);
  }
}
