import type { CommandShape, CompletionValues } from "./command-shape.ts";

/** For bash (its manual, "Programmable Completion"): the function gets the word as $2 and the one before it as $3. */
export function bashCompletion(commands: readonly CommandShape[]): string[] {
  const names = commands.map(({ name }) => name).join(" ");
  return [
    '# minicluster in bash: eval "$(minicluster completion bash)"',
    "_minicluster() {",
    '  local word=$2 before=$3 command="" words="" at',
    "  # bash takes --name=value apart.",
    `  if [[ $before == "=" ]]; then before=\${COMP_WORDS[COMP_CWORD - 2]}; fi`,
    "  for ((at = 1; at < COMP_CWORD; at++)); do",
    `    if [[ \${COMP_WORDS[at]} != -* ]]; then command=\${COMP_WORDS[at]}; break; fi`,
    "  done",
    "  COMPREPLY=()",
    '  case "$command $before" in',
    ...commands.flatMap(optionValues),
    "  esac",
    '  case "$command" in',
    `    "") words="${names} help --version --help" ;;`,
    `    help) words="${names}" ;;`,
    ...commands.flatMap(optionNames),
    "  esac",
    '  COMPREPLY=($(compgen -W "$words" -- "$word"))',
    "}",
    "complete -F _minicluster minicluster",
  ];
}

/** What may follow an option; nothing where only the user knows. */
function optionValues({ name, options }: CommandShape): string[] {
  const taking = options.filter(({ takesValue }) => takesValue);
  const free = taking.filter(({ values }) => values === undefined).map((option) => `"${name} ${option.name}"`);
  return [
    ...taking
      .filter(({ values }) => values !== undefined)
      .map((option) => `    "${name} ${option.name}") ${offer(option.values)}; return ;;`),
    ...(free.length > 0 ? [`    ${free.join(" | ")}) return ;;`] : []),
  ];
}

function optionNames({ name, options, argument }: CommandShape): string[] {
  const words = options.map((option) => option.name).join(" ");
  const other = argument?.values ? `${offer(argument.values)}; return` : "return";
  return [`    ${name}) if [[ $word == -* ]]; then words="${words}"; else ${other}; fi ;;`];
}

function offer(values: CompletionValues): string {
  if (values === "file" || values === "directory") {
    const kind = values === "file" ? "-f" : "-d";
    return `compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen ${kind} -- "$word"))`;
  }
  return `COMPREPLY=($(compgen -W "${values?.words.join(" ")}" -- "$word"))`;
}
