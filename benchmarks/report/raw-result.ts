import type { Check } from "../benchmark.ts";
import type { IdleRow } from "../idle/rows.ts";
import type { Way } from "../latency/orders.ts";
import type { SmallTopicRow } from "../small-topic/rows.ts";
import type { Machine } from "../support/machine.ts";
import type { Spread } from "../support/statistics.ts";

/** A figure parsed from JSON, which has null in place of NaN. */
export type Figure = number | null;

/** The parts of the benchmarks' `--json` output that the report uses. */
export interface RawResult {
  benchmark: string;
  machine: Machine;
  at: string;
  commit: string | null;
  checks: Check[];
  posts?: PostsFigures;
  fanout?: FanoutFigures;
  throttle?: ThrottleFigures;
  hotTopic?: HotTopicFigures;
  coalesce?: CoalesceFigures;
  latency?: LatencyFigures;
  coldStart?: ColdStartFigures;
  smallTopic?: SmallTopicFigures;
  idle?: IdleFigures;
}

export interface SmallTopicFigures {
  bytes: number;
  rows: SmallTopicRow[];
}

export interface IdleFigures {
  rows: IdleRow[];
  connectionMinuteDollarsPerMonth: { apiGateway: number; appSync: number };
}

interface ClientFigures {
  postsPerSecond: Figure;
  cpuMicrosPerPost: Figure;
  spreads: { postsPerSecond: Spread; cpuMicrosPerPost: Spread };
}

export interface PostsFigures {
  ours: ClientFigures;
  sdk: ClientFigures;
  https: ClientFigures;
  floor: ClientFigures;
  ratioToFloor: Figure;
  ratioToSdk: Figure;
  spreads: { ratioToFloor: Spread; ratioToSdk: Spread };
}

export interface FanoutWay {
  reached: Figure;
  duplicates: Figure;
  seconds: Figure;
  cpuMicrosPerPost: Figure;
  rssGrowthMb: Figure;
  dollarsPerMillion: Figure;
  dollarsPerMillionPublications: Figure;
  overheadRatio: Figure;
  spread: Record<"seconds" | "cpuMicrosPerPost" | "rssGrowthMb", Spread>;
}

export interface FanoutFigures {
  subscribers: number;
  bytes: number;
  workers: number;
  latencyMs: number;
  rounds: number;
  ours: FanoutWay;
  oursWarm: FanoutWay;
  seed: FanoutWay;
  sdkPool: FanoutWay;
  speedRatioToSdkPool: Spread;
}

export interface ThrottleVariant {
  goodputRatio: Figure;
  rejectedRatio: Figure;
  lost: Figure;
  duplicates: Figure;
  seconds: Figure;
  spreads: Record<"goodputRatio" | "rejectedRatio" | "seconds", Spread>;
  timeline?: { stepMs: number; accepted: number[] };
}

export interface ThrottleFigures {
  quota: number;
  workers: number;
  ours: ThrottleVariant;
  sdkStandard: ThrottleVariant;
  sdkAdaptive: ThrottleVariant;
  /** Absent in results from before it was measured. */
  neighbours?: { quota: number; capped: NeighbourVariant; uncapped: NeighbourVariant };
}

export interface NeighbourVariant {
  subscribes: number;
  answered: number;
  refused: number;
  medianMs: Figure;
  p99Ms: Figure;
  throttledPosts: number;
  fanoutSeconds: Figure;
}

export interface HotTopicFigures {
  producers: number;
  concurrency: number;
  seconds: number;
  ratio: Figure;
  contiguous: boolean;
  lost: Figure;
  publishP50Ms: Figure;
  publishP99Ms: Figure;
  barePutP50Ms: Figure;
  barePutP99Ms: Figure;
  conflictsPerAppend: Figure;
  spread: Record<"appendsPerSecond" | "barePutsPerSecond" | "ratio", Spread>;
}

export interface CoalesceWay {
  eventsPerPost: Figure;
  dollarsPerMillionEvents: Figure;
  dataOutOfOrderShare: Figure;
  eventOutOfOrderShare: Figure;
  secondsAfterLastPublish: Figure;
  lost: number;
  duplicates: number;
  wrong: number;
  reordered: number;
}

export interface CoalesceRate {
  publishesPerSecond: number;
  coalescing: CoalesceWay;
  oneByOne: CoalesceWay;
}

export interface CoalesceFigures {
  subscribers: number;
  seconds: number;
  rates: CoalesceRate[];
}

interface WayFigures {
  spread: Record<"p50Ms" | "p95Ms" | "p99Ms", Spread>;
}

export type LatencyWays = Record<Way, WayFigures>;

export interface LatencyFigures {
  gatewayLatencyMs: number;
  subscribers: number;
  one: LatencyWays;
  thousand: LatencyWays;
}

export interface ColdStartFigures {
  fanoutKb: Figure;
  websocketKb: Figure;
  baselineKb: Figure;
  ratio: Figure;
  fanoutParts: { name: string; kilobytes: number }[];
  spread: Record<"fanout" | "websocket" | "baseline", Record<"initMs" | "cpuMs" | "processMs", Spread>>;
}
