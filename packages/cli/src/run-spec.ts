import { InvalidArgumentError } from "commander";

/** What one `--run` asks for. */
export interface RunSpec {
  service: string;
  command: string;
  args: readonly string[];
}

/**
 * `NAME=COMMAND ARGS`. No shell reads it: words end at blanks; a part in single or double quotes keeps its blanks;
 * nothing else means anything (no backslash, no variable, no pattern).
 *
 * @throws InvalidArgumentError
 * @example parseRun(`todo=node "my services/todo.js" --fast`)
 */
export function parseRun(text: string, before: readonly RunSpec[] = []): RunSpec[] {
  const at = text.indexOf("=");
  const service = text.slice(0, at);
  if (at < 1 || !/^[a-z0-9-]+$/.test(service)) throw new InvalidArgumentError("write NAME=COMMAND ARGS.");
  const [command, ...args] = words(text.slice(at + 1));
  if (command === undefined || command === "") throw new InvalidArgumentError(`no command follows ${service}=.`);
  if (before.some((spec) => spec.service === service)) {
    throw new InvalidArgumentError(`${service} has a --run already; --instances says how many there are.`);
  }
  return [...before, { service, command, args }];
}

/** The words of a command line, by the rule of {@link parseRun}. */
export function words(text: string): string[] {
  const found: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (const letter of text) {
    if (quote) {
      if (letter === quote) quote = "";
      else word = (word ?? "") + letter;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
      word ??= "";
    } else if (/\s/.test(letter)) {
      if (word !== undefined) found.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + letter;
    }
  }
  if (quote) throw new InvalidArgumentError(`a ${quote} is not closed.`);
  return word === undefined ? found : [...found, word];
}
