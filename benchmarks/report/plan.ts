/** One planned run of one benchmark. Its result is kept under its id. */
export interface PlannedRun {
  id: RunId;
  name: string;
  /** Number of rounds. All of them together keep the whole report within about 25 minutes on two idle cores. */
  rounds: number;
  /** Arguments in addition to `--rounds`. */
  args: readonly string[];
  /** Arguments for a quick run. If absent, a quick run skips this benchmark. */
  quickArgs?: readonly string[];
}

export type RunId =
  | "posts"
  | "fanout-1000"
  | "fanout-10000"
  | "fanout-100000"
  | "throttle-1"
  | "throttle-4"
  | "hot-topic"
  | "coalesce"
  | "latency"
  | "small-topic"
  | "idle"
  | "cold-start";

export const FANOUT_RUNS: readonly RunId[] = ["fanout-1000", "fanout-10000", "fanout-100000"];
/** The runs from which docs/cost.md is written. */
export const COST_RUNS: readonly RunId[] = ["small-topic", "idle"];
export const THROTTLE_RUNS: readonly RunId[] = ["throttle-1", "throttle-4"];

const toFanoutArgs = (subscribers: string): string[] => ["--subscribers", subscribers, "--bytes", "500"];
const toThrottleArgs = (workers: string): string[] => ["--quota", "2000", "--workers", workers];
const toQuickThrottleArgs = (workers: string): string[] => [...toThrottleArgs(workers), "--seconds", "4"];

export const PLAN: readonly PlannedRun[] = [
  { id: "posts", name: "posts", rounds: 5, args: [], quickArgs: ["--posts", "2000"] },
  {
    id: "fanout-1000",
    name: "fanout",
    rounds: 5,
    args: toFanoutArgs("1000"),
    quickArgs: toFanoutArgs("1000"),
  },
  {
    id: "fanout-10000",
    name: "fanout",
    rounds: 3,
    args: toFanoutArgs("10000"),
    quickArgs: toFanoutArgs("10000"),
  },
  { id: "fanout-100000", name: "fanout", rounds: 2, args: toFanoutArgs("100000") },
  {
    id: "throttle-1",
    name: "throttle",
    rounds: 2,
    args: toThrottleArgs("1"),
    quickArgs: toQuickThrottleArgs("1"),
  },
  {
    id: "throttle-4",
    name: "throttle",
    rounds: 2,
    args: toThrottleArgs("4"),
    quickArgs: toQuickThrottleArgs("4"),
  },
  {
    id: "hot-topic",
    name: "hot-topic",
    rounds: 3,
    args: ["--producers", "8"],
    quickArgs: ["--producers", "8", "--seconds", "3"],
  },
  { id: "coalesce", name: "coalesce", rounds: 1, args: [], quickArgs: ["--seconds", "1"] },
  {
    id: "latency",
    name: "latency",
    rounds: 2,
    args: [],
    quickArgs: ["--publishes", "10", "--publishes-many", "3"],
  },
  {
    id: "small-topic",
    name: "small-topic",
    rounds: 5,
    args: [],
    quickArgs: ["--publishes", "3", "--max-subscribers", "5"],
  },
  { id: "idle", name: "idle", rounds: 3, args: [], quickArgs: ["--max-topics", "10"] },
  { id: "cold-start", name: "cold-start", rounds: 15, args: [], quickArgs: [] },
];

export const toArgs = ({ args }: PlannedRun, rounds: number): string[] => [
  ...args,
  "--rounds",
  String(rounds),
];

/** Returns the command as a user would type it. */
export const toCommand = (name: string, args: readonly string[]): string =>
  ["npm run bench --", name, ...args].join(" ");
