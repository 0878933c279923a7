import type { BenchmarkResult, Check } from "../benchmark.ts";
import { quantile, rounded, showSpread, toSpread } from "../support/statistics.ts";
import { textTable } from "../support/text-table.ts";
import type { AppendsRound, BareRound, CpuTimes } from "./rounds.ts";

export interface HotTopicSettings {
  producers: number;
  concurrency: number;
  seconds: number;
}

export function summarize(
  appends: readonly AppendsRound[],
  bare: readonly BareRound[],
  settings: HotTopicSettings,
): BenchmarkResult {
  const rate = toSpread(appends.map(({ perSecond }) => perSecond));
  const bareRate = toSpread(bare.map(({ perSecond }) => perSecond));
  const ratio = toSpread(
    appends.map(({ perSecond }, round) => perSecond / (bare[round]?.perSecond ?? Number.NaN)),
  );
  const publishMs = sortLatencies(appends);
  const putMs = sortLatencies(bare);
  const perAppend = (count: (round: AppendsRound) => number): number =>
    rounded(sum(appends, count) / publishMs.length, 2);
  const hotTopic = {
    ...settings,
    appendsPerSecond: rounded(rate.median),
    barePutsPerSecond: rounded(bareRate.median),
    ratio: rounded(ratio.median, 3),
    contiguous: appends.every(({ log }) => log.contiguous),
    lost: sum(appends, ({ log }) => log.lost),
    rejected: sum(appends, ({ rejected }) => rejected),
    publishP50Ms: rounded(quantile(publishMs, 0.5), 1),
    publishP99Ms: rounded(quantile(publishMs, 0.99), 1),
    barePutP50Ms: rounded(quantile(putMs, 0.5), 2),
    barePutP99Ms: rounded(quantile(putMs, 0.99), 2),
    writesPerAppend: perAppend(({ calls }) => calls.writes),
    readsPerAppend: perAppend(({ calls }) => calls.reads),
    conflictsPerAppend: perAppend(({ calls }) => calls.conflicts),
    cpuMicrosPerAppend: cpuMicrosEach(appends),
    cpuMicrosPerBarePut: cpuMicrosEach(bare),
    spread: { appendsPerSecond: rate, barePutsPerSecond: bareRate, ratio },
  };
  return {
    json: { hotTopic },
    lines: [
      `producers: ${settings.producers} processes, publishes of each to the same topic at a time: ${settings.concurrency}, seconds per round: ${settings.seconds}`,
      "bare puts: one process, one conditional put after the other, no other writer",
      "",
      ...textTable([
        ["", "per second", "p50 ms", "p99 ms", "CPU µs each: client", "DynamoDB Local", "SQS"],
        [
          "publishes of the producers",
          showSpread(rate),
          String(hotTopic.publishP50Ms),
          String(hotTopic.publishP99Ms),
          ...cpuCells(hotTopic.cpuMicrosPerAppend),
        ],
        [
          "bare puts",
          showSpread(bareRate),
          String(hotTopic.barePutP50Ms),
          String(hotTopic.barePutP99Ms),
          ...cpuCells(hotTopic.cpuMicrosPerBarePut),
        ],
      ]),
      "",
      `publishes / bare puts: ${showSpread(ratio, 2)}`,
      `per publish: ${hotTopic.writesPerAppend} writes and ${hotTopic.readsPerAppend} reads of the table, ${hotTopic.conflictsPerAppend} conflicts`,
    ],
    checks: toChecks(appends),
  };
}

function toChecks(appends: readonly AppendsRound[]): Check[] {
  const lost = sum(appends, ({ log }) => log.lost);
  const extra = sum(appends, ({ log }) => log.extra);
  const rejected = sum(appends, (each) => each.rejected);
  const outOfOrder = sum(appends, ({ log }) => log.outOfOrder);
  return [
    { what: "offsets are contiguous from 1", holds: appends.every(({ log }) => log.contiguous) },
    { what: `every publish that resolved is in the log at its offset (missing: ${lost})`, holds: lost === 0 },
    {
      what: `every other event of the log belongs to a rejected publish (other events: ${extra}, rejected: ${rejected})`,
      holds: extra <= rejected,
    },
    {
      what: `a publish that began after another one resolved has the higher offset (exceptions: ${outOfOrder})`,
      holds: outOfOrder === 0,
    },
    {
      what: "every round has publishes",
      holds: appends.every(({ latenciesMs }) => latenciesMs.length > 0),
    },
  ];
}

const sum = <Round>(rounds: readonly Round[], count: (round: Round) => number): number =>
  rounds.reduce((total, round) => total + count(round), 0);

const sortLatencies = (rounds: readonly BareRound[]): number[] =>
  rounds.flatMap(({ latenciesMs }) => latenciesMs).sort((a, b) => a - b);

function cpuMicrosEach(rounds: readonly BareRound[]): CpuTimes {
  const count = sum(rounds, ({ latenciesMs }) => latenciesMs.length);
  const each = (name: keyof CpuTimes): number => rounded(sum(rounds, ({ cpu }) => cpu[name]) / count);
  return { clients: each("clients"), dynamodb: each("dynamodb"), sqs: each("sqs") };
}

const cpuCells = ({ clients, dynamodb, sqs }: CpuTimes): string[] => [clients, dynamodb, sqs].map(String);
