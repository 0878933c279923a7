import type { IdleRow } from "../idle/rows.ts";
import type { SmallTopicRow } from "../small-topic/rows.ts";
import type { KeptResults } from "./kept-results.ts";
import type { CoalesceWay, FanoutWay, NeighbourVariant, RawResult, ThrottleVariant } from "./raw-result.ts";

/** Results of all benchmarks except two, with figures that are easy to find in the document. */
const spread = (median: number) => ({ median, min: median * 0.9, max: median * 1.1 });

const kept = (command: string, figures: Partial<RawResult>) => {
  const machine = { cpu: "Test CPU", cores: 2, node: "v24.0.0" };
  const checks = [{ what: "nothing is lost", holds: true }];
  const result = {
    benchmark: "test",
    machine,
    at: "2026-01-02T03:04:05.000Z",
    commit: "abc1234",
    checks,
    ...figures,
  };
  return { command: `npm run bench -- ${command}`, rounds: 3, seconds: 65, quick: false, result };
};

const client = (micros: number, perSecond: number) => ({
  cpuMicrosPerPost: micros,
  postsPerSecond: perSecond,
  spreads: { cpuMicrosPerPost: spread(micros), postsPerSecond: spread(perSecond) },
});

const way = (reached: number, seconds: number, rssGrowthMb: number): FanoutWay => ({
  reached,
  duplicates: 0,
  seconds,
  cpuMicrosPerPost: 70,
  rssGrowthMb,
  dollarsPerMillion: 1.0123,
  dollarsPerMillionPublications: 1.0123 * reached,
  overheadRatio: 0.0123,
  spread: {
    seconds: spread(seconds),
    cpuMicrosPerPost: spread(70),
    rssGrowthMb: spread(rssGrowthMb),
  },
});

const fanout = (subscribers: number) => ({
  subscribers,
  bytes: 500,
  workers: 2,
  latencyMs: 0,
  rounds: 3,
  ours: way(subscribers, subscribers / 10_000, 31),
  oursWarm: { ...way(subscribers, subscribers / 12_000, 5), overheadRatio: 0.0081 },
  seed: way(Math.min(subscribers, 7_508), subscribers / 2_000, 386),
  sdkPool: way(subscribers, subscribers / 1_500, 60),
  speedRatioToSdkPool: spread(6.5),
});

const variant = (goodputRatio: number, lost: number): ThrottleVariant => ({
  goodputRatio,
  rejectedRatio: 0.125,
  lost,
  duplicates: 0,
  seconds: 10.5,
  spreads: { goodputRatio: spread(goodputRatio), rejectedRatio: spread(0.125), seconds: spread(10.5) },
  timeline: { stepMs: 100, accepted: Array.from({ length: 40 }, () => 200 * goodputRatio) },
});

const neighbour = (refused: number): NeighbourVariant => ({
  subscribes: 52,
  answered: 52,
  refused,
  medianMs: 27,
  p99Ms: 715,
  throttledPosts: 0,
  fanoutSeconds: 10.9,
});

const coalesceWay = (eventsPerPost: number): CoalesceWay => ({
  eventsPerPost,
  dollarsPerMillionEvents: 2 / eventsPerPost,
  dataOutOfOrderShare: eventsPerPost / 25,
  eventOutOfOrderShare: 0,
  secondsAfterLastPublish: 1.5,
  lost: 0,
  duplicates: 0,
  wrong: 0,
  reordered: 0,
});

const ways = (p50: number) => {
  const latencies = { spread: { p50Ms: spread(p50), p95Ms: spread(2 * p50), p99Ms: spread(3 * p50) } };
  return {
    queue: latencies,
    inline: latencies,
    inProcess: latencies,
    byHand: latencies,
    sdkDirect: latencies,
  };
};

export const smallTopicRow = (
  subscribers: number,
  path: SmallTopicRow["path"] = "queue",
  publicationId = false,
): SmallTopicRow => ({
  subscribers,
  publicationId,
  path,
  writeUnits: 3,
  readUnits: 0.5,
  sqsRequests: 3,
  invocations: 1,
  lambdaMs: 21.4,
  logBytes: 1_533,
  bytesPerDelivery: 709,
  dollarsPerMillionBeyondPosts: 4.5,
  appSyncDollarsPerMillion: 1 + subscribers,
  totalDollarsPerMillion: 4.5 + subscribers,
  dataTransferDollarsPerMillion: 0.06 * subscribers,
});

export const idleRow = (topics: number): IdleRow => ({
  topics,
  pingReadUnits: 1 + topics,
  warmPingReadUnits: 1,
  pingWriteUnits: 0,
  pingMs: 23.6,
  pingsPerMonth: { named: 49_500, bare: 0 },
  reconnectsPerMonth: 420,
  dollarsPerMillionPings: 4,
  dollarsPerMillionBarePings: 2,
  dollarsPerMillionReconnects: 100,
  dollarsPerConnectionMonth: 0.198,
  reconnectDollarsPerConnectionMonth: 0.042,
});

export const FIXTURE: KeptResults = {
  posts: kept("posts --rounds 5", {
    posts: {
      ours: client(61.5, 15_000),
      sdk: client(540.5, 1_850),
      https: client(98.5, 9_500),
      floor: client(55.5, 17_000),
      ratioToFloor: 1.108,
      ratioToSdk: 8.789,
      spreads: { ratioToFloor: spread(1.108), ratioToSdk: spread(8.789) },
    },
  }),
  "fanout-1000": kept("fanout --subscribers 1000 --rounds 3", { fanout: fanout(1_000) }),
  "fanout-10000": kept("fanout --subscribers 10000 --rounds 3", { fanout: fanout(10_000) }),
  "throttle-1": kept("throttle --quota 2000 --workers 1 --rounds 3", {
    throttle: {
      quota: 2_000,
      workers: 1,
      ours: variant(0.97, 0),
      sdkStandard: variant(0.61, 1_234),
      sdkAdaptive: variant(0.72, 12),
      neighbours: { quota: 500, capped: neighbour(0), uncapped: neighbour(5) },
    },
  }),
  "throttle-4": {
    command: "npm run bench -- throttle --workers 4",
    rounds: 3,
    seconds: 3,
    quick: false,
    failed: "ended with code 1 without a result:\nboom",
  },
  "hot-topic": kept("hot-topic --rounds 3", {
    hotTopic: {
      producers: 8,
      concurrency: 1,
      seconds: 8,
      ratio: 0.43,
      contiguous: true,
      lost: 0,
      publishP50Ms: 20,
      publishP99Ms: 200,
      barePutP50Ms: 1.2,
      barePutP99Ms: 8,
      conflictsPerAppend: 0.75,
      spread: { appendsPerSecond: spread(258), barePutsPerSecond: spread(600), ratio: spread(0.43) },
    },
  }),
  coalesce: kept("coalesce --rounds 1", {
    coalesce: {
      subscribers: 200,
      seconds: 5,
      rates: [{ publishesPerSecond: 200, coalescing: coalesceWay(6.25), oneByOne: coalesceWay(1.25) }],
    },
  }),
  latency: kept("latency --rounds 3", {
    latency: { gatewayLatencyMs: 15, subscribers: 1_000, one: ways(23.5), thousand: ways(135.5) },
  }),
  "small-topic": kept("small-topic --rounds 5", {
    smallTopic: { bytes: 500, rows: [smallTopicRow(1), smallTopicRow(5)] },
  }),
  idle: kept("idle --rounds 3", {
    idle: {
      rows: [idleRow(1), idleRow(10)],
      connectionMinuteDollarsPerMonth: { apiGateway: 0.0108, appSync: 0.0035 },
    },
  }),
  "cold-start": kept("cold-start --rounds 15", {
    coldStart: {
      fanoutKb: 477,
      websocketKb: 478,
      baselineKb: 373,
      ratio: 1.15,
      fanoutParts: [{ name: "@smithy/core", kilobytes: 140.8 }],
      spread: {
        fanout: { initMs: spread(73.5), cpuMs: spread(88), processMs: spread(108) },
        websocket: { initMs: spread(77.5), cpuMs: spread(91), processMs: spread(111) },
        baseline: { initMs: spread(64.5), cpuMs: spread(76), processMs: spread(100) },
      },
    },
  }),
};
