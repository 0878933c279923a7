/** An option of a command, by its long name without dashes. Without `value` it is a flag. */
export interface OptionSpec {
  /** Names the value in the help text, such as `NAME`. */
  value?: string;
  short?: string;
  help: string;
  /** The help text and the shells' completion list them. Any other value is refused. */
  choices?: readonly string[];
  /** The value is a whole number in this range: the command gets a number. */
  number?: { readonly min: number; readonly max?: number };
  /** The value is a URL with one of these schemes, such as `wss`. */
  schemes?: readonly string[];
  /** The value is a list with commas: the command gets an array. */
  list?: true;
  /** The option may be given several times: the command gets an array. */
  repeat?: true;
  /** The value is the name of a file, which shells complete. */
  file?: true;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** A word that is not an option, in the order of the entries. */
export interface ArgumentSpec {
  help: string;
  /** One or more words. Only the last argument may have it. */
  variadic?: true;
  /** The word may be missing. The arguments after it must have it too. */
  optional?: true;
  choices?: readonly string[];
}

export type ArgumentSpecs = Readonly<Record<string, ArgumentSpec>>;

type ValueOf<Spec extends OptionSpec> = Spec extends { number: object }
  ? number
  : Spec extends { list: true }
    ? string[]
    : Spec extends { value: string }
      ? string
      : true;

/** A flag is true if it was given. */
export type OptionValues<Specs extends OptionSpecs> = {
  -readonly [Name in keyof Specs]?: Specs[Name] extends { repeat: true }
    ? ValueOf<Specs[Name]>[]
    : ValueOf<Specs[Name]>;
};

export type ArgumentValues<Specs extends ArgumentSpecs> = {
  -readonly [Name in keyof Specs]: Specs[Name] extends { variadic: true }
    ? string[]
    : Specs[Name] extends { optional: true }
      ? string | undefined
      : string;
};

/** What a user types after `pubsub`, and what that does. Help texts teach by such examples. */
export type Example = readonly [line: string, does: string];

/** Runs a command. Resolves to the exit code. Throws `UsageError` and `NotAvailableError`. */
export type RunCommand<Arguments extends ArgumentSpecs, Options extends OptionSpecs> = (
  args: ArgumentValues<Arguments>,
  options: OptionValues<Options>,
) => Promise<number>;

export interface CommandSpec<Arguments extends ArgumentSpecs, Options extends OptionSpecs> {
  name: string;
  /** One line, in the list of commands. */
  summary: string;
  /** What else a user has to know. It follows the summary in the command's help. */
  description?: string;
  arguments: Arguments;
  options: Options;
  examples: readonly Example[];
  /** Loads what runs the command, so that `--help` and completion load none of it. */
  load(): Promise<RunCommand<Arguments, Options>>;
}

/** A command whose types are erased. */
export interface Command extends Omit<CommandSpec<ArgumentSpecs, OptionSpecs>, "load"> {
  run(args: Record<string, unknown>, options: Record<string, unknown>): Promise<number>;
}

/** A word before the names of several commands, as in `pubsub dlq list`. */
export interface CommandGroup {
  name: string;
  summary: string;
  examples: readonly Example[];
  commands: readonly Command[];
}

export function defineCommand<const Arguments extends ArgumentSpecs, const Options extends OptionSpecs>({
  load,
  ...spec
}: CommandSpec<Arguments, Options>): Command {
  return {
    ...spec,
    async run(args, options) {
      const run = await load();
      return run(args as ArgumentValues<Arguments>, options as OptionValues<Options>);
    },
  };
}

export const isGroup = (command: Command | CommandGroup): command is CommandGroup => "commands" in command;
