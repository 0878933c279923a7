import type { OptionSpec } from "../command-line/define-command.ts";
import { UsageError } from "../usage-error.ts";
import { DEFAULTS, type SimulateSettings } from "./model.ts";

export const simulateOptions: Readonly<Record<NumberName | "svg" | "json", OptionSpec>> = {
  subscribers: {
    value: "N",
    help: `subscribers of the topic, up to 10 million (default ${DEFAULTS.subscribers})`,
  },
  publications: { value: "N", help: `how many events are published (default ${DEFAULTS.publications})` },
  rate: { value: "R", help: `publications a second (default ${DEFAULTS.publicationsPerSecond})` },
  bytes: { value: "N", help: `the size of each event's data (default ${DEFAULTS.bytes})` },
  "account-rate": {
    value: "R",
    help: `API Gateway's requests a second that posts may take (default ${DEFAULTS.accountRate})`,
  },
  "post-ceiling": {
    value: "R",
    help: "posts a second that all workers together keep to (default: none; they learn the account's rate)",
  },
  workers: {
    value: "N",
    help: `maximum concurrency of the fan-out function, 2 to 1000 (default ${DEFAULTS.workers})`,
  },
  failures: { value: "SHARE", help: "the share of posts that return 500, from 0 to below 1 (default 0)" },
  "post-ms": { value: "MS", help: `average latency of a post (default ${DEFAULTS.postMs})` },
  "post-cpu-us": {
    value: "US",
    help: `CPU time of a post in the worker, in microseconds (default ${DEFAULTS.postCpuMicros})`,
  },
  "part-size": { value: "N", help: `consumers of a part, 1 to 5000 (default ${DEFAULTS.partSize})` },
  shards: { value: "N", help: `index keys of the topic, 1 to 1000 (default ${DEFAULTS.shards})` },
  seed: { value: "N", help: `of the random numbers (default ${DEFAULTS.seed})` },
  svg: { value: "FILE", file: true, help: "draw the posts of each second" },
  json: { help: "print one JSON object" },
};

export interface SimulateOptions {
  settings: SimulateSettings;
  svg?: string;
  json: boolean;
}

/** A bitmap for each publication would not fit into memory beyond it, and a run would take hours. */
const DELIVERIES_MAX = 100_000_000;

interface Range {
  min: number;
  max: number;
  whole: boolean;
}

const whole = (min: number, max: number): Range => ({ min, max, whole: true });
const real = (min: number, max: number): Range => ({ min, max, whole: false });

/** Throws `UsageError`. */
export function checkSimulateOptions(values: SimulateValues): SimulateOptions {
  const given = (name: NumberName, range: Range, fallback: number): number =>
    numberIn(`--${name}`, values[name], range) ?? fallback;
  const settings: SimulateSettings = {
    subscribers: given("subscribers", whole(1, 10_000_000), DEFAULTS.subscribers),
    publications: given("publications", whole(1, 100_000), DEFAULTS.publications),
    publicationsPerSecond: given("rate", real(0.001, 1_000), DEFAULTS.publicationsPerSecond),
    bytes: given("bytes", whole(30, 100_000), DEFAULTS.bytes),
    accountRate: given("account-rate", whole(10, 1_000_000), DEFAULTS.accountRate),
    postCeiling: numberIn("--post-ceiling", values["post-ceiling"], whole(1, 1_000_000)),
    workers: given("workers", whole(2, 1_000), DEFAULTS.workers),
    failures: given("failures", real(0, 0.999), DEFAULTS.failures),
    postMs: given("post-ms", real(1, 10_000), DEFAULTS.postMs),
    postCpuMicros: given("post-cpu-us", real(1, 10_000), DEFAULTS.postCpuMicros),
    partSize: given("part-size", whole(1, 5_000), DEFAULTS.partSize),
    shards: given("shards", whole(1, 1_000), DEFAULTS.shards),
    timings: DEFAULTS.timings,
    seed: given("seed", whole(0, 2_147_483_647), DEFAULTS.seed),
  };
  if (settings.subscribers * settings.publications > DELIVERIES_MAX) {
    const got = `got ${settings.subscribers} times ${settings.publications}`;
    throw new UsageError(`--subscribers times --publications must be at most ${DELIVERIES_MAX}; ${got}`);
  }
  return { settings, json: values.json === true, ...(values.svg !== undefined && { svg: values.svg }) };
}

type NumberName =
  | "subscribers"
  | "publications"
  | "rate"
  | "bytes"
  | "account-rate"
  | "post-ceiling"
  | "workers"
  | "failures"
  | "post-ms"
  | "post-cpu-us"
  | "part-size"
  | "shards"
  | "seed";

/** The values of the options as they were typed. */
export type SimulateValues = { [Name in NumberName]?: string } & { svg?: string; json?: true };

function numberIn(flag: string, text: string | undefined, { min, max, whole }: Range): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,10}(\.\d{1,10})?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  const kind = whole ? "a whole number" : "a number";
  throw new UsageError(`${flag} must be ${kind} from ${min} to ${max}; got ${JSON.stringify(text)}`);
}
