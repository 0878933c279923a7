import type { BenchmarkResult, Check } from "../benchmark.ts";
import { quantile, rounded, showSpread, spreadOf } from "../support/statistics.ts";
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
  const rate = spreadOf(appends.map(({ perSecond }) => perSecond));
  const bareRate = spreadOf(bare.map(({ perSecond }) => perSecond));
  const ratio = spreadOf(
    appends.map(({ perSecond }, round) => perSecond / (bare[round]?.perSecond ?? Number.NaN)),
  );
  const publishMs = latenciesOf(appends);
  const putMs = latenciesOf(bare);
  const perAppend = (of: (round: AppendsRound) => number): number =>
    rounded(sum(appends, of) / publishMs.length, 2);
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
      `producers: ${settings.producers} processes, each ${settings.concurrency} publish at a time to the same topic, for ${settings.seconds} s a round`,
      "bare puts: one process, one conditional put after the other, and nobody else writing",
      "",
      ...textTable([
        ["", "a second", "p50 ms", "p99 ms", "CPU µs each: client", "DynamoDB Local", "SQS"],
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
      `publishes over bare puts: ${showSpread(ratio, 2)}`,
      `a publish took ${hotTopic.writesPerAppend} writes and ${hotTopic.readsPerAppend} reads of the table, and met ${hotTopic.conflictsPerAppend} conflicts`,
    ],
    checks: checksOf(appends),
  };
}

function checksOf(appends: readonly AppendsRound[]): Check[] {
  const lost = sum(appends, ({ log }) => log.lost);
  const extra = sum(appends, ({ log }) => log.extra);
  const rejected = sum(appends, (each) => each.rejected);
  const outOfOrder = sum(appends, ({ log }) => log.outOfOrder);
  return [
    { what: "offsets are contiguous from 1", holds: appends.every(({ log }) => log.contiguous) },
    { what: `every publish that resolved is in the log at its offset (${lost} are not)`, holds: lost === 0 },
    {
      what: `the log holds nothing that nobody published (${extra} more than resolved, ${rejected} rejected)`,
      holds: extra <= rejected,
    },
    {
      what: `a publish that began after another one resolved has the higher offset (${outOfOrder} have not)`,
      holds: outOfOrder === 0,
    },
    {
      what: "something was published in every round",
      holds: appends.every(({ latenciesMs }) => latenciesMs.length > 0),
    },
  ];
}

const sum = <Round>(rounds: readonly Round[], of: (round: Round) => number): number =>
  rounds.reduce((total, round) => total + of(round), 0);

const latenciesOf = (rounds: readonly BareRound[]): number[] =>
  rounds.flatMap(({ latenciesMs }) => latenciesMs).sort((a, b) => a - b);

function cpuMicrosEach(rounds: readonly BareRound[]): CpuTimes {
  const count = sum(rounds, ({ latenciesMs }) => latenciesMs.length);
  const each = (name: keyof CpuTimes): number => rounded(sum(rounds, ({ cpu }) => cpu[name]) / count);
  return { clients: each("clients"), dynamodb: each("dynamodb"), sqs: each("sqs") };
}

const cpuCells = ({ clients, dynamodb, sqs }: CpuTimes): string[] => [clients, dynamodb, sqs].map(String);
