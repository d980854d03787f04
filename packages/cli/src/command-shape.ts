import type { Argument, Command, Option } from "commander";
import { collect } from "./option-value.ts";
import { parseRun } from "./run-spec.ts";

/** What a shell can offer for a value. */
export type CompletionValues = { words: readonly string[] } | "file" | "directory" | undefined;

/** One option, as a shell needs it. */
export interface OptionShape {
  /** `--vault`. */
  name: string;
  description: string;
  takesValue: boolean;
  repeatable: boolean;
  /** What its value is called: `url`. */
  valueName: string;
  values: CompletionValues;
}

/** One command, as a shell needs it. */
export interface CommandShape {
  name: string;
  description: string;
  options: readonly OptionShape[];
  /** Its first one. */
  argument: { name: string; values: CompletionValues } | undefined;
}

const help: OptionShape = {
  ...{ name: "--help", description: "display help for command", takesValue: false, repeatable: false },
  ...{ valueName: "", values: undefined },
};

/** What there is to complete in a command. */
export function commandShape(command: Command): CommandShape {
  const [argument] = command.registeredArguments;
  return {
    name: command.name(),
    description: command.description(),
    options: [...command.options.map(optionShape), help],
    argument: argument && { name: argument.name(), values: valuesOf(argument, argument.name()) },
  };
}

/** Parsers of options that may be given more than once. */
const repeatable: readonly unknown[] = [collect, parseRun];

function optionShape(option: Option): OptionShape {
  const valueName = /[<[]([^>\]]+)[>\]]/.exec(option.flags)?.[1] ?? "";
  return {
    name: option.long ?? "",
    description: option.description,
    takesValue: option.required || option.optional,
    repeatable: repeatable.includes(option.parseArg),
    valueName,
    values: valuesOf(option, valueName),
  };
}

function valuesOf({ argChoices }: Option | Argument, name: string): CompletionValues {
  if (argChoices) return { words: argChoices };
  return name === "file" ? "file" : name === "dir" ? "directory" : undefined;
}
