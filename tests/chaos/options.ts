import { randomInt } from "node:crypto";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { breakageNamed, breakages } from "./breakage/breakages.ts";
import { STACK_SUITES, type StackSuite } from "./troubles/suites.ts";

const REPORTS = fileURLToPath(new URL("../../reports/chaos", import.meta.url));

export type Suite = "client" | "sockets" | "hostile" | "presence" | StackSuite;
export const SUITES: readonly Suite[] = ["client", "sockets", "hostile", "presence", ...STACK_SUITES];

export interface ChaosOptions {
  suite: Suite;
  seed: number;
  json: boolean;
  minutes: number;
  /** The name of a deliberate mistake in the library that the suite must find. */
  breakage?: string;
  /** With how many subscribers at most the producers fan out a topic themselves. 0: never. */
  inlineFanoutMax: number;
  /** The folder of histories and results. */
  reports: string;
  runs: number;
  clients: number;
  events: number;
  inputs: number;
}

/** Options of `--report`, which only writes the document. */
export interface ReportOptions {
  report: true;
  reports: string;
}

/** Options of `--judge`, which judges the history of a kept run again. */
export interface JudgeOptions {
  judge: string;
  reports: string;
  json: boolean;
}

export const USAGE: string = `npm run chaos -- [--suite NAME] [--seed N] [--json]
       npm run chaos -- --judge SUITE-SEED [--json]
       npm run chaos -- --report

  --suite client    the client against a scripted network under a virtual clock
    --runs N        scenarios, default 10000
  --suite sockets   real clients on the local stack: 5 % of posts are lost silently, 2 % of frames cut the
                    connection, the 2-hour limit is 30 s, clients rotate their connections
    --clients N     default 200
    --events N      default 500
  --suite hostile   malformed input for everything that reads untrusted input; the last surface uses DynamoDB Local
    --inputs N      inputs per surface, default 100000
  --suite presence  members come, go, reload and vanish while parts of the local stack fail; a minute or more also has
                    the lost connections found, a storm of 1,000 reconnects, and the times judged
    --minutes M, --break NAME  as below
  --suite gateway, queue, database, workers or everything (default)
                    real producers and subscribers on the local stack while these parts of it fail
    --minutes M     default 1; can be a fraction
    --break NAME    put a mistake into the library that the suite must find; one of
                    ${breakages.map(({ name }) => name).join(", ")}
    --inline-fanout-max N  producers fan out topics of at most N subscribers themselves, 0 to 100, default 0
    --reports DIR   folder of the history and the result, default reports/chaos
  --judge SUITE-SEED  judge the kept history of a run of these suites again, with the present checker
  --report          write docs/reliability.md from the results in reports/chaos
  --seed N          runs with the same seed make the same choices; default: a random seed, which is printed`;

export class UsageError extends Error {}

/** Parses the command line. Throws `UsageError` for an unknown option or an invalid value. */
export function parseOptions(args: string[]): ChaosOptions | ReportOptions | JudgeOptions | "help" {
  const values = parse(args);
  if (values.help) return "help";
  if (values.judge !== undefined) {
    return { judge: values.judge, reports: values.reports, json: values.json };
  }
  if (values.report) return { report: true, reports: values.reports };
  const suite = SUITES.find((name) => name === values.suite);
  if (!suite)
    throw new UsageError(`--suite must be one of ${SUITES.join(", ")}; got ${JSON.stringify(values.suite)}`);
  const inlineFanoutMax = parseWhole("--inline-fanout-max", values["inline-fanout-max"], 0, 100);
  if (inlineFanoutMax > 0 && !STACK_SUITES.some((name) => name === suite))
    throw new UsageError(`--inline-fanout-max must be 0 for the suite ${suite}, which has no producers`);
  return {
    suite,
    inlineFanoutMax,
    seed: values.seed === undefined ? randomInt(2 ** 31) : parseWhole("--seed", values.seed, 0),
    json: values.json,
    minutes: parseMinutes(values.minutes),
    ...(values.break !== undefined && { breakage: parseBreakage(values.break) }),
    reports: values.reports,
    runs: parseWhole("--runs", values.runs, 1),
    clients: parseWhole("--clients", values.clients, 1),
    events: parseWhole("--events", values.events, 1),
    inputs: parseWhole("--inputs", values.inputs, 1),
  };
}

interface Values {
  suite: string;
  break?: string | undefined;
  judge?: string | undefined;
  seed?: string | undefined;
  minutes: string;
  "inline-fanout-max": string;
  reports: string;
  runs: string;
  clients: string;
  events: string;
  inputs: string;
  json: boolean;
  report: boolean;
  help: boolean;
}

function parse(args: string[]): Values {
  try {
    const { values } = parseArgs({
      args,
      options: {
        suite: { type: "string", default: "everything" },
        seed: { type: "string" },
        break: { type: "string" },
        judge: { type: "string" },
        minutes: { type: "string", default: "1" },
        "inline-fanout-max": { type: "string", default: "0" },
        reports: { type: "string", default: REPORTS },
        runs: { type: "string", default: "10000" },
        clients: { type: "string", default: "200" },
        events: { type: "string", default: "500" },
        inputs: { type: "string", default: "100000" },
        json: { type: "boolean", default: false },
        report: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    return { seed: undefined, ...values };
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function parseWhole(name: string, text: string, min: number, max: number = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    const range = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
    throw new UsageError(`${name} must be a whole number ${range}; got ${JSON.stringify(text)}`);
  }
  return value;
}

function parseBreakage(name: string): string {
  if (breakageNamed(name)) return name;
  const names = breakages.map((breakage) => breakage.name).join(", ");
  throw new UsageError(`--break must be one of ${names}; got ${JSON.stringify(name)}`);
}

function parseMinutes(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < 0.1 || value > 600) {
    throw new UsageError(`--minutes must be a number from 0.1 to 600; got ${JSON.stringify(text)}`);
  }
  return value;
}
