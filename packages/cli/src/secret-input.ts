import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { usageError } from "./error.ts";
import type { Terminal } from "./terminal.ts";

/** Longer than any input we ask for. */
const maxLength = 65_536;

/** All of stdin, when it is no terminal. @throws CliError `CLI_USAGE` when it is too long */
export async function readAll(terminal: Terminal, signal: AbortSignal): Promise<string> {
  let text = "";
  terminal.stdin.setEncoding("utf8");
  const stop = (): void => void terminal.stdin.destroy();
  signal.addEventListener("abort", stop, { once: true });
  try {
    for await (const chunk of terminal.stdin) {
      text += chunk;
      if (text.length > maxLength) throw usageError("stdin: too long to be what was asked for");
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
  signal.throwIfAborted();
  return text;
}

/** One line from the terminal, not echoed. @throws the signal's reason */
export async function askSecret(terminal: Terminal, question: string, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted();
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: terminal.stdin, output: nowhere, terminal: true });
  terminal.ask(question);
  try {
    // In raw mode Ctrl-C is a character: hand it on as the signal that it means.
    lines.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
    return (await lines.question("", { signal })).trim();
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    lines.close();
    terminal.note("");
  }
}
