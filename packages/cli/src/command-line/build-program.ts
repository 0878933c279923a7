import { Argument, Command as Commander, type CommanderError, Option } from "commander";
import { UsageError } from "../usage-error.ts";
import {
  type ArgumentSpec,
  type Command,
  type CommandGroup,
  isGroup,
  type OptionSpec,
} from "./define-command.ts";
import { helpAfter, styleHelp } from "./help.ts";
import { optionValue } from "./option-values.ts";

/** The help was printed: there is nothing else to do. */
export class HelpPrinted extends Error {
  override readonly name = "HelpPrinted";
}

export interface Program {
  name: string;
  version: string;
  commands: readonly (Command | CommandGroup)[];
  /** Called with the exit code of the command that ran. */
  onDone(code: number): void;
}

/**
 * Builds the parser of the whole command line. It throws `UsageError` for what it does not understand, and
 * `HelpPrinted` after it has printed a help text or the version.
 */
export function buildProgram({ name, version, commands, onDone }: Program): Commander {
  const program = new Commander(name);
  styleHelp(program);
  program
    .description("Runs, looks into and repairs what lambda-websocket-pubsub delivers.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this text")
    .helpCommand(false)
    .addHelpText("after", `\n${name} COMMAND --help has examples of each command.`);
  refusing(program, name);
  for (const command of commands) program.addCommand(built(command, name, onDone));
  return program;
}

function built(command: Command | CommandGroup, parent: string, onDone: Program["onDone"]): Commander {
  const path = `${parent} ${command.name}`;
  const building = new Commander(command.name);
  styleHelp(building);
  building
    .summary(command.summary)
    .helpOption("-h, --help", "print this text")
    .helpCommand(false)
    .addHelpText("after", ({ command: { parent: _ } }) => helpAfter(command, parent));
  refusing(building, path);
  if (isGroup(command)) {
    building.description(sentence(command.summary));
    for (const each of command.commands) building.addCommand(built(each, path, onDone));
    return building;
  }
  building.description([sentence(command.summary), command.description].filter(Boolean).join("\n\n"));
  for (const [name, spec] of Object.entries(command.arguments)) building.addArgument(argumentOf(name, spec));
  const names = Object.keys(command.options);
  for (const [name, spec] of Object.entries(command.options)) building.addOption(optionOf(name, spec));
  building.action(async (...given: unknown[]) => {
    const values = Object.keys(command.arguments).map((name, index) => [name, given[index]]);
    onDone(await command.run(Object.fromEntries(values), optionsGiven(building, names)));
  });
  return building;
}

/** Returns what the user gave, by the names in the command's specification: commander makes `dryRun` of `dry-run`. */
function optionsGiven(building: Commander, names: readonly string[]): Record<string, unknown> {
  const given: [string, unknown][] = building.options.map((option, index) => {
    const value: unknown = building.getOptionValue(option.attributeName());
    // Commander makes `inspector: true` of a `--no-inspector` that was not given
    return [names[index] ?? "", option.negate ? (value === false ? true : undefined) : value];
  });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

function argumentOf(name: string, { help, variadic, optional, choices }: ArgumentSpec): Argument {
  const shown = `${name.toUpperCase()}${variadic ? "..." : ""}`;
  const argument = new Argument(optional ? `[${shown}]` : `<${shown}>`, help);
  return choices ? argument.choices(choices) : argument;
}

function optionOf(name: string, spec: OptionSpec): Option {
  const { value, short, help, choices, repeat } = spec;
  const flag = `--${name}`;
  const flags = `${short === undefined ? "" : `-${short}, `}${flag}${value === undefined ? "" : ` <${value}>`}`;
  const option = new Option(flags, choices ? `${help}: ${choices.join(", ")}` : help);
  if (value === undefined) return option;
  return option.argParser((text: string, previous: unknown) => {
    const parsed = optionValue(flag, spec, text);
    return repeat ? [...((previous as unknown[] | undefined) ?? []), parsed] : parsed;
  });
}

/** Makes the parser throw instead of printing errors and ending the process. */
function refusing(command: Commander, path: string): void {
  command
    .configureOutput({ writeErr: () => {}, outputError: () => {} })
    .exitOverride((error: CommanderError) => {
      if (error.exitCode === 0) throw new HelpPrinted();
      // A command without its subcommand: commander has printed the help as an error
      if (error.code === "commander.help") {
        const names = command.commands.map((each) => each.name());
        throw new UsageError(`${path} must be followed by one of ${names.join(", ")}`, {
          path,
          cause: error,
        });
      }
      throw new UsageError(`${path}: ${reasonOf(error, command)}`, { path, cause: error });
    });
}

function reasonOf({ code, message }: CommanderError, command: Commander): string {
  const text = message.replace(/^error: /, "").replaceAll("\n", " ");
  if (text.includes("(Did you mean")) return text;
  if (code === "commander.unknownOption") {
    const known = command.createHelp().visibleOptions(command);
    return `${text}; it has ${known.map(({ long }) => long).join(", ")}`;
  }
  if (code === "commander.unknownCommand") {
    return `${text}; it has ${command.commands.map((each) => each.name()).join(", ")}`;
  }
  return text;
}

/** A summary as a sentence. */
const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
