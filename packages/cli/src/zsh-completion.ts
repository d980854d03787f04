import type { CommandShape, CompletionValues, OptionShape } from "./command-shape.ts";

/** A word of _arguments: `:` and brackets mean something there. */
function zshText(text: string): string {
  return text.replace(/[:[\]\\]/g, "\\$&").replaceAll("'", `'\\''`);
}

/** For zsh (zshcompsys(1), "_arguments"). */
export function zshCompletion(commands: readonly CommandShape[]): string[] {
  const action = (values: CompletionValues): string => {
    if (values === "file") return "_files";
    if (values === "directory") return "_files -/";
    return values ? `(${values.words.join(" ")})` : "";
  };
  const spec = ({ name, description, takesValue, repeatable, valueName, values }: OptionShape): string => {
    const value = takesValue ? `:${zshText(valueName)}:${action(values)}` : "";
    return `'${repeatable ? "*" : ""}${name}${takesValue ? "=" : ""}[${zshText(description)}]${value}'`;
  };
  const cases = commands.map(({ name, options, argument }) => {
    const own = argument ? [`'1:${zshText(argument.name)}:${action(argument.values)}'`] : [];
    return `        ${name}) _arguments ${[...options.map(spec), ...own].join(" ")} ;;`;
  });
  return [
    "#compdef minicluster",
    "# minicluster in zsh: source <(minicluster completion zsh)",
    "_minicluster() {",
    "  local line state",
    "  local -a commands",
    `  commands=(${commands.map(({ name, description }) => `'${name}:${zshText(description)}'`).join(" ")})`,
    "  _arguments -C '--version[output the version number]' '--help[display help for command]' '1: :->command' '*:: :->rest'",
    "  case $state in",
    "    command) _describe -t commands command commands ;;",
    "    rest)",
    "      case $line[1] in",
    ...cases,
    "      esac ;;",
    "  esac",
    "}",
    'if [ "$funcstack[1]" = _minicluster ]; then _minicluster "$@"; else compdef _minicluster minicluster; fi',
  ];
}
