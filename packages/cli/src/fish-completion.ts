import type { CommandShape, CompletionValues } from "./command-shape.ts";

/** For fish (its manual, "complete"). */
export function fishCompletion(commands: readonly CommandShape[]): string[] {
  const quoted = (text: string): string => `'${text.replace(/[\\']/g, "\\$&")}'`;
  const action = (values: CompletionValues): string => {
    if (values === "file") return "-r -F";
    if (values === "directory") return "-x -a '(__fish_complete_directories)'";
    return values ? `-x -a ${quoted(values.words.join(" "))}` : "-x";
  };
  const names = commands.map(({ name }) => name).join(" ");
  return [
    "# minicluster in fish: minicluster completion fish | source",
    "complete -c minicluster -f",
    "complete -c minicluster -n __fish_use_subcommand -l version -d 'output the version number'",
    ...commands.flatMap(({ name, description, options, argument }) => {
      const seen = `complete -c minicluster -n '__fish_seen_subcommand_from ${name}'`;
      return [
        `complete -c minicluster -n __fish_use_subcommand -a ${name} -d ${quoted(description)}`,
        ...options.map((option) => {
          const value = option.takesValue ? ` ${action(option.values)}` : "";
          return `${seen} -l ${option.name.slice(2)}${value} -d ${quoted(option.description)}`;
        }),
        ...(argument?.values ? [`${seen} ${action(argument.values)}`] : []),
      ];
    }),
    `complete -c minicluster -n '__fish_seen_subcommand_from help' -x -a ${quoted(names)}`,
  ];
}
