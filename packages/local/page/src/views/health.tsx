import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { Cost, Health, HealthSample } from "../../../src/inspector/wire.ts";
import { about } from "../data/about.ts";
import { ago, brief, dollars, duration, perSecond } from "../data/format.ts";
import { messageOf, read } from "../data/server.ts";
import { useAnswer } from "../data/use-answer.ts";
import { Chart } from "../parts/chart.tsx";
import { Empty, Failure, Loading } from "../parts/states.tsx";

const SAMPLES_MAX = 600;
const TILE_SAMPLES = 10;

export function HealthView(): JSX.Element {
  const everyMs = about.value.data?.healthEveryMs;
  const kept = useRef<HealthSample[]>([]);
  const { data, error, reload } = useAnswer(
    async () => {
      const health = await read<Health>("health", { after: kept.current.at(-1)?.atMs ?? 0 });
      kept.current = [...kept.current, ...health.samples].slice(-SAMPLES_MAX);
      return { ...health, samples: kept.current };
    },
    () => everyMs,
  );
  return (
    <>
      <div class="view-head">
        <h1>Health</h1>
        {everyMs !== undefined && <p class="muted">a sample every {duration(everyMs)}</p>}
      </div>
      {error !== undefined && (
        <Failure what="The health cannot be read" error={messageOf(error)} retry={reload} />
      )}
      {!data && error === undefined && <Loading what="Reading the health" />}
      {data?.note && <p class="notice">{data.note}</p>}
      {data && data.samples.length === 0 && (
        <section class="card">
          <Empty icon="health" title="No samples yet" />
        </section>
      )}
      {data && data.samples.length > 0 && <Charts samples={data.samples} />}
      {data?.cost && <CostCard cost={data.cost} />}
    </>
  );
}

const rates = (samples: readonly HealthSample[], pick: (sample: HealthSample) => number): number[] =>
  samples.map((sample) => pick(sample) / sample.seconds);

function Charts({ samples }: { samples: readonly HealthSample[] }): JSX.Element {
  const atMs = samples.map((sample) => sample.atMs);
  const limits = samples.map(({ postsPerSecondMax = null }) => postsPerSecondMax);
  return (
    <>
      <Tiles samples={samples.slice(-TILE_SAMPLES)} />
      <div class="charts">
        <Chart
          title="Posts a second"
          atMs={atMs}
          format={perSecond}
          series={[
            { name: "delivered", color: "good", values: rates(samples, ({ delivered }) => delivered) },
            { name: "gone", color: "muted", values: rates(samples, ({ gone }) => gone) },
            { name: "429", color: "warn", values: rates(samples, ({ throttled }) => throttled) },
            { name: "failed", color: "bad", values: rates(samples, ({ failed }) => failed) },
            ...(limits.some((rate) => rate !== null)
              ? [{ name: "learned rate", color: "accent", values: limits, dashed: true }]
              : []),
          ]}
        />
        <Chart
          title="Post latency"
          atMs={atMs}
          format={duration}
          series={[
            { name: "p50", color: "good", values: samples.map(({ latencyMs }) => latencyMs?.p50 ?? null) },
            { name: "p90", color: "accent", values: samples.map(({ latencyMs }) => latencyMs?.p90 ?? null) },
            { name: "p99", color: "warn", values: samples.map(({ latencyMs }) => latencyMs?.p99 ?? null) },
          ]}
        />
        <Chart
          title="Publications a second"
          atMs={atMs}
          format={perSecond}
          series={[
            { name: "publications", color: "accent", values: rates(samples, (each) => each.publications) },
          ]}
        />
        <Chart
          title="Age of messages in the fan-out queue"
          atMs={atMs}
          format={duration}
          series={[
            { name: "oldest", color: "accent", values: samples.map(({ queueAgeMs = null }) => queueAgeMs) },
          ]}
        />
      </div>
    </>
  );
}

function Tiles({ samples }: { samples: readonly HealthSample[] }): JSX.Element {
  const seconds = sum(samples, (sample) => sample.seconds);
  const delivered = sum(samples, (sample) => sample.delivered);
  const throttled = sum(samples, (sample) => sample.throttled);
  const posts = delivered + throttled + sum(samples, ({ gone, failed }) => gone + failed);
  const p99 = samples.findLast(({ latencyMs }) => latencyMs)?.latencyMs?.p99;
  const age = samples.findLast(({ queueAgeMs }) => queueAgeMs !== undefined)?.queueAgeMs;
  const connections = samples.at(-1)?.connections;
  const share = posts === 0 ? 0 : throttled / posts;
  const tiles: [string, string, string][] = [
    ["Posts/s", perSecond(delivered / seconds), "plain"],
    ["Latency p99", p99 === undefined ? "–" : duration(p99), "plain"],
    ["429s", `${(share * 100).toFixed(1)} %`, share > 0.05 ? "warn" : "plain"],
    ["Queue age", age === undefined ? "–" : duration(age), "plain"],
    ...(connections === undefined
      ? []
      : [["Connections", brief(connections), "plain"] as [string, string, string]]),
  ];
  return (
    <div class="tiles">
      {tiles.map(([name, value, tone]) => (
        <div class={`tile ${tone}`} key={name}>
          <span class="tile-name">{name}</span>
          <span class="tile-value">{value}</span>
        </div>
      ))}
    </div>
  );
}

const sum = (samples: readonly HealthSample[], pick: (sample: HealthSample) => number): number =>
  samples.reduce((total, sample) => total + pick(sample), 0);

function CostCard({ cost }: { cost: Cost & { asOf: string; sinceMs: number } }): JSX.Element {
  const parts: [string, number][] = [
    ["API Gateway", cost.apiGateway],
    ["DynamoDB", cost.dynamodb],
    ["SQS", cost.sqs],
    ["Lambda", cost.lambda],
    ["Logs", cost.logs],
  ];
  return (
    <section class="card cost" aria-labelledby="cost-title">
      <h2 id="cost-title">What this would have cost on AWS</h2>
      <p class="cost-total">
        {dollars(cost.total)} <span class="muted">since the start, {ago(cost.sinceMs, Date.now())}</span>
      </p>
      <ul>
        {parts.map(([name, value]) => (
          <li key={name}>
            <span>{name}</span>
            <span class="cost-bar" aria-hidden="true">
              <span style={{ width: `${cost.total === 0 ? 0 : (value / cost.total) * 100}%` }} />
            </span>
            <span class="number">{dollars(value)}</span>
          </li>
        ))}
      </ul>
      <p class="muted">
        By list prices of {cost.asOf} without free tiers and data transfer. What this page reads counts too.
      </p>
    </section>
  );
}
