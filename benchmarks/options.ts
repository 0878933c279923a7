import { parseArgs } from "node:util";
import type { Benchmark, NumberFlag } from "./benchmark.ts";

export interface BenchOptions {
  flags: Record<string, number>;
  rounds: number;
  json: boolean;
  profile: boolean;
}

export class UsageError extends Error {}

const ROUNDS: Omit<NumberFlag, "default"> = { min: 1, max: 100, help: "number of rounds" };

/** Throws `UsageError` unless the text is the name of a benchmark or a help flag. */
export function parseName<Name extends string>(
  given: string | undefined,
  names: readonly Name[],
): Name | "help" {
  if (given === "--help" || given === "-h") return "help";
  const name = names.find((known) => known === given);
  if (name) return name;
  const got = given === undefined ? "nothing" : JSON.stringify(given);
  throw new UsageError(`the first argument must be one of ${names.join(", ")}; got ${got}`);
}

/** Parses the arguments after the name. Throws `UsageError` for an unknown option or an invalid value. */
export function parseOptions(
  benchmark: Pick<Benchmark, "flags" | "rounds" | "profiles">,
  args: readonly string[],
): BenchOptions | "help" {
  const { flags, rounds } = benchmark;
  const values = parse(benchmark, args);
  if (values.help) return "help";
  const number = (name: string, flag: NumberFlag): number => {
    const text = values[name];
    return typeof text === "string" ? parseWholeNumber(`--${name}`, text, flag) : flag.default;
  };
  return {
    flags: Object.fromEntries(Object.entries(flags).map(([name, flag]) => [name, number(name, flag)])),
    rounds: number("rounds", { ...ROUNDS, default: rounds }),
    json: values.json === true,
    profile: values.profile === true,
  };
}

export function benchmarkUsage({ name, summary, flags, rounds, profiles }: Benchmark): string {
  const numbers = Object.entries({ ...flags, rounds: { ...ROUNDS, default: rounds } });
  const options = [
    ...numbers.map(([flag, { help, min, max, default: value }]) => [
      `  --${flag} N`,
      `${help}; ${min} to ${max}, default ${value}`,
    ]),
    ["  --json", "print one JSON object as the last line"],
    ...(profiles ? [["  --profile", "write CPU profiles to reports/profiles"]] : []),
  ];
  return [
    `npm run bench -- ${name} [options]`,
    "",
    summary,
    "",
    ...options.map(([option = "", help]) => `${option.padEnd(22)} ${help}`),
  ].join("\n");
}

export function usage(benchmarks: readonly Pick<Benchmark, "name" | "summary">[]): string {
  return [
    "npm run bench -- NAME [--FLAG N]… [--rounds N] [--json]",
    "",
    ...benchmarks.map(({ name, summary }) => `  ${name.padEnd(12)} ${summary}`),
    "",
    "npm run bench -- NAME --help lists the flags of a benchmark. Each benchmark measures its baselines in the same run.",
    "The latest figures are in docs/benchmarks.md.",
  ].join("\n");
}

function parse(
  { flags, profiles }: Pick<Benchmark, "flags" | "profiles">,
  args: readonly string[],
): Record<string, string | boolean | undefined> {
  const numbers = [...Object.keys(flags), "rounds"];
  const switches = ["json", "help", ...(profiles ? ["profile"] : [])];
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...Object.fromEntries(numbers.map((name) => [name, { type: "string" } as const])),
        ...Object.fromEntries(switches.map((name) => [name, { type: "boolean" } as const])),
        help: { type: "boolean", short: "h" },
      },
    });
    return values as Record<string, string | boolean | undefined>;
  } catch (cause) {
    const known = [...numbers, ...switches].map((name) => `--${name}`).join(", ");
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`${what}\nexpected: ${known}`, { cause });
  }
}

function parseWholeNumber(name: string, text: string, { min, max }: Omit<NumberFlag, "default">): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new UsageError(`${name} must be a whole number from ${min} to ${max}; got ${JSON.stringify(text)}`);
  }
  return value;
}
