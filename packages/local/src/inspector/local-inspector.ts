import { costOf, priceTable, type Usage } from "../cost/index.ts";
import type { GatewayCounts } from "../gateway/counts.ts";
import type { LocalEnv } from "../local-env.ts";
import type { LocalLogSource } from "../local-log.ts";
import type { LocalSettings } from "../local-options.ts";
import { createWebGuard } from "../web-guard.ts";
import { openAccess } from "./access.ts";
import type { OnEvents } from "./event-tap.ts";
import { createHealthSampler } from "./health-samples.ts";
import { createLiveFeed } from "./live-feed.ts";
import { readMetricLine } from "./metric-lines.ts";
import { type Inspector, startInspector } from "./start-inspector.ts";
import { createThreadSource } from "./thread-source.ts";
import type { Health } from "./wire.ts";

/** The inspector of a local stack: it sees what passes through the stack, and reads the rest as a producer would. */
export interface LocalInspector {
  onEvents: OnEvents;
  onLog(line: string, source: LocalLogSource): void;
  /** Receives each batch that the fan-out function gets. */
  onBatch(event: unknown): void;
  start(stack: InspectedStack): Promise<Inspector>;
}

export interface InspectedStack {
  env: LocalEnv;
  websocketUrl: string;
  counts(): GatewayCounts;
  batchesInFlight(): number;
  usage(): Usage;
}

interface SqsBatch {
  Records?: readonly { attributes?: { SentTimestamp?: string } }[];
}

const SAMPLE_EVERY_MS = 1_000;

export function createLocalInspector(settings: LocalSettings): LocalInspector {
  const feed = createLiveFeed();
  const sampler = createHealthSampler();
  return {
    onEvents(events) {
      sampler.publications(events.length);
      feed.add(events);
    },
    onLog(line, source) {
      if (source.kind !== "function") return;
      const metrics = readMetricLine(line);
      if (!metrics) return;
      sampler.latencies(metrics.postLatenciesMs);
      if (metrics.postsPerSecondMax !== undefined) sampler.postsPerSecondMax(metrics.postsPerSecondMax);
    },
    onBatch(event) {
      const { Records = [] } = event as SqsBatch;
      const nowMs = Date.now();
      for (const { attributes } of Records) {
        const sentMs = Number(attributes?.SentTimestamp);
        if (Number.isFinite(sentMs)) sampler.queueAge(Math.max(0, nowMs - sentMs));
      }
    },
    async start(stack) {
      const { host, ports, region, tableName } = settings;
      const sinceMs = Date.now();
      const timer = setInterval(() => {
        const { delivered, gone, throttledAccount, throttledConnection, postFaults, connections } =
          stack.counts();
        sampler.sample(
          { delivered, gone, throttled: throttledAccount + throttledConnection, failed: postFaults },
          { connections, batchesInFlight: stack.batchesInFlight() },
        );
      }, SAMPLE_EVERY_MS).unref();
      const health = (afterMs: number): Health => ({
        samples: sampler.after(afterMs),
        cost: { ...costOf(stack.usage()), asOf: priceTable.asOf, sinceMs },
      });
      const { source, stop } = createThreadSource(stack.env);
      const inspector = await startInspector({
        host,
        port: ports.inspector,
        guard: createWebGuard(settings),
        access: openAccess,
        source,
        feed,
        health,
        about: {
          kind: "local",
          table: tableName,
          queue: stack.env.PUBSUB_QUEUE_URL,
          region,
          websocketUrl: stack.websocketUrl,
          feed: "all",
          healthEveryMs: SAMPLE_EVERY_MS,
        },
      });
      return {
        url: inspector.url,
        async stop() {
          clearInterval(timer);
          await inspector.stop();
          await stop();
        },
      };
    },
  };
}
