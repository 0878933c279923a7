import { parseArgs } from "node:util";
import { nearest } from "./nearest.ts";
import { UsageError } from "./usage-error.ts";

export interface OptionSpec {
  /** Named in the help text. An option without it is a flag. */
  value?: string;
  help: string;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** A flag is true if it was given. */
export type OptionValues<Specs extends OptionSpecs> = {
  [Name in keyof Specs]?: Specs[Name] extends { value: string } ? string : true;
};

/** Every command has it. */
const HELP = "help";

/**
 * Parses the arguments of a command that takes only options. Returns "help" if they ask for it. Throws `UsageError` for
 * an unknown option, with the nearest known one, for a missing or surplus value, and for anything that is not an option.
 */
export function parseOptions<const Specs extends OptionSpecs>(
  command: string,
  args: readonly string[],
  specs: Specs,
): OptionValues<Specs> | "help" {
  const names = Object.keys(specs);
  const options = Object.fromEntries(
    names.map((name) => [name, { type: specs[name]?.value === undefined ? "boolean" : "string" } as const]),
  );
  const { tokens } = parseArgs({
    args: [...args],
    options: { ...options, [HELP]: { type: "boolean", short: "h" } },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Record<string, string | true> = {};
  for (const token of tokens) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      throw new UsageError(`${command} takes only options; got ${JSON.stringify(token.value)}`);
    }
    if (token.name === HELP) return HELP;
    const spec = Object.hasOwn(specs, token.name) ? specs[token.name] : undefined;
    if (!spec) throw unknownOption(command, token.rawName, names);
    values[token.name] = valueGiven(token.rawName, spec, token.value);
  }
  return values as OptionValues<Specs>;
}

function valueGiven(rawName: string, { value }: OptionSpec, given: string | undefined): string | true {
  if (value === undefined) {
    if (given === undefined) return true;
    throw new UsageError(`${rawName} takes no value; got ${JSON.stringify(given)}`);
  }
  if (given === undefined || given === "" || given.startsWith("--")) {
    throw new UsageError(
      `${rawName} must be followed by ${value}; got ${given ? JSON.stringify(given) : "nothing"}`,
    );
  }
  return given;
}

function unknownOption(command: string, rawName: string, names: readonly string[]): UsageError {
  const known = [...names, HELP].map((name) => `--${name}`);
  const meant = nearest(rawName, known);
  const hint = meant === undefined ? "" : ` Did you mean ${meant}?`;
  return new UsageError(`${command} has no option ${rawName}; it has ${known.join(", ")}.${hint}`);
}

/** Returns the options as lines of a help text. */
export function optionLines(specs: OptionSpecs): string[] {
  const entries = Object.entries(specs).map(([name, { value, help }]): [string, string] => [
    value === undefined ? `--${name}` : `--${name} ${value}`,
    help,
  ]);
  const all: [string, string][] = [...entries, ["-h, --help", "this text"]];
  const width = Math.max(...all.map(([name]) => name.length));
  return all.map(
    ([name, help]) => `  ${name.padEnd(width)}  ${help.replaceAll("\n", `\n${" ".repeat(width + 4)}`)}`,
  );
}
