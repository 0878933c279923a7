import { type Command, type CommandGroup, isGroup, type OptionSpec } from "./define-command.ts";

/** Asks the shell for the names of files. */
const FILES = ":files";

type Commands = readonly (Command | CommandGroup)[];

/**
 * Returns what can stand at the last of the words, which may be empty: one candidate a line, with its description after a
 * tab. The words are those after the program's name, up to the cursor.
 */
export function completions(commands: Commands, words: readonly string[]): string[] {
  const current = words.at(-1) ?? "";
  return candidates(commands, words.slice(0, -1), current).filter(
    (line) => line === FILES || line.startsWith(current),
  );
}

function candidates(commands: Commands, before: readonly string[], current: string): string[] {
  const [name, ...rest] = before;
  if (name === undefined) {
    return [...commands.map(({ name: each, summary }) => described(each, summary)), ...HELP];
  }
  const command = commands.find((each) => each.name === name);
  if (!command) return [];
  return isGroup(command)
    ? candidates(command.commands, rest, current)
    : candidatesOf(command, rest, current);
}

function candidatesOf(command: Command, before: readonly string[], current: string): string[] {
  const expecting = optionExpectingValue(command, before.at(-1));
  if (expecting) return valuesOf(expecting);
  if (current.startsWith("-")) return optionsOf(command, before);
  const { choices } = argumentAt(command, before) ?? {};
  return choices ? [...choices] : optionsOf(command, before);
}

function optionsOf({ options }: Command, before: readonly string[]): string[] {
  const lines = Object.entries(options)
    .filter(([name, { repeat }]) => repeat || !before.includes(`--${name}`))
    .map(([name, { help }]) => described(`--${name}`, help));
  return [...lines, ...HELP];
}

const HELP = [described("--help", "print a help text")];

const valuesOf = ({ choices, file }: OptionSpec): string[] => (choices ? [...choices] : file ? [FILES] : []);

function optionExpectingValue({ options }: Command, word = ""): OptionSpec | undefined {
  const name = word.startsWith("--") ? word.slice(2) : "";
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  return option?.value === undefined ? undefined : option;
}

/** The argument that comes next, after those that are there already. */
function argumentAt(command: Command, before: readonly string[]) {
  const given = before.filter(
    (word, index) => !word.startsWith("-") && !optionExpectingValue(command, before[index - 1]),
  );
  return Object.values(command.arguments)[given.length];
}

function described(name: string, help: string): string {
  return `${name}\t${help.replaceAll("\n", " ")}`;
}
