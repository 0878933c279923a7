import { styleText } from "node:util";
import type { Command as Commander } from "commander";
import { type Command, type CommandGroup, isGroup } from "./define-command.ts";

const bold = (text: string): string => styleText("bold", text, { validateStream: false });
const cyan = (text: string): string => styleText("cyan", text, { validateStream: false });

/** Commander removes the styles where the output is no terminal or NO_COLOR is set. */
export function styleHelp(command: Commander): void {
  command.configureHelp({
    styleTitle: bold,
    styleCommandText: cyan,
    styleSubcommandText: cyan,
    styleOptionText: cyan,
    styleArgumentText: cyan,
    // The list of commands needs no arguments and options: each command's own help has them
    subcommandTerm: (each) => each.name(),
    showGlobalOptions: false,
  });
}

/** Returns what follows the options: the examples, and a group's hint. */
export function helpAfter(command: Command | CommandGroup, parent: string): string {
  const lines = ["", "Examples:"];
  const width = Math.max(...command.examples.map(([line]) => `pubsub ${line}`.length));
  for (const [line, does] of command.examples) {
    lines.push(`  ${`pubsub ${line}`.padEnd(width)}  # ${does}`);
  }
  if (isGroup(command)) lines.push("", `${parent} ${command.name} COMMAND --help has the options.`);
  return lines.join("\n");
}
