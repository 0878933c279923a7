/** One run of one benchmark, whose result is kept under its id. */
export interface PlannedRun {
  id: RunId;
  name: string;
  /** As many as keep the whole report within about 20 minutes on two quiet cores. */
  rounds: number;
  /** Besides the rounds. */
  args: readonly string[];
  /** Instead of those, for a quick look; absent: left out of it. */
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
  | "cold-start";

export const FANOUT_RUNS: readonly RunId[] = ["fanout-1000", "fanout-10000", "fanout-100000"];
export const THROTTLE_RUNS: readonly RunId[] = ["throttle-1", "throttle-4"];

const fanoutTo = (subscribers: string): string[] => ["--subscribers", subscribers, "--bytes", "500"];
const throttleOf = (workers: string): string[] => ["--quota", "2000", "--workers", workers];
const quickThrottleOf = (workers: string): string[] => [...throttleOf(workers), "--seconds", "4"];

export const PLAN: readonly PlannedRun[] = [
  { id: "posts", name: "posts", rounds: 5, args: [], quickArgs: ["--posts", "2000"] },
  { id: "fanout-1000", name: "fanout", rounds: 5, args: fanoutTo("1000"), quickArgs: fanoutTo("1000") },
  { id: "fanout-10000", name: "fanout", rounds: 3, args: fanoutTo("10000"), quickArgs: fanoutTo("10000") },
  { id: "fanout-100000", name: "fanout", rounds: 2, args: fanoutTo("100000") },
  {
    id: "throttle-1",
    name: "throttle",
    rounds: 2,
    args: throttleOf("1"),
    quickArgs: quickThrottleOf("1"),
  },
  {
    id: "throttle-4",
    name: "throttle",
    rounds: 2,
    args: throttleOf("4"),
    quickArgs: quickThrottleOf("4"),
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
  { id: "cold-start", name: "cold-start", rounds: 15, args: [], quickArgs: [] },
];

export const argsOf = ({ args }: PlannedRun, rounds: number): string[] => [
  ...args,
  "--rounds",
  String(rounds),
];

/** As one would type it. */
export const commandOf = (name: string, args: readonly string[]): string =>
  ["npm run bench --", name, ...args].join(" ");
