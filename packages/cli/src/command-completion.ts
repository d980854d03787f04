import { Argument, Command } from "commander";
import { bashCompletion } from "./bash-completion.ts";
import { type CommandShape, commandShape } from "./command-shape.ts";
import type { Context } from "./context.ts";
import { fishCompletion } from "./fish-completion.ts";
import { zshCompletion } from "./zsh-completion.ts";

const writers: Readonly<Record<string, (commands: readonly CommandShape[]) => string[]>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

const help = `
Put the line of your shell into the file that it reads when it starts.

Examples:
  eval "$(minicluster completion bash)"        (~/.bashrc)
  source <(minicluster completion zsh)         (~/.zshrc, after compinit)
  minicluster completion fish | source         (~/.config/fish/config.fish)
`;

/** `minicluster completion SHELL`: a script made from the command line itself, so that it never says anything else. */
export function completionCommand({ terminal }: Context): Command {
  const command = new Command("completion");
  return command
    .description("print a script that lets a shell complete this command")
    .addArgument(new Argument("<shell>", "which shell").choices(Object.keys(writers)))
    .addHelpText("after", help)
    .action((shell: string) => {
      const commands = (command.parent?.commands ?? []).map(commandShape);
      for (const line of writers[shell]?.(commands) ?? []) terminal.print(line);
    });
}
