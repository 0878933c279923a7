import type { PublicationStatus } from "lambda-websocket-pubsub";
import { startChild } from "../support/bench-child.ts";
import { connectionIds } from "../support/connection-ids.ts";
import { freshWorkers } from "../support/fresh-workers.ts";
import { posterEnv } from "../support/posting-to.ts";
import type { SinkReport } from "../support/sink.ts";
import { until } from "../support/until.ts";
import type { ThrottleFixture } from "./fixture.ts";
import type { PublishOrder } from "./publisher.ts";
import type { SdkOrder } from "./sdk-poster.ts";

/** API Gateway's burst is half of its rate: 5,000 at 10,000 per second. */
const BURST_SHARE = 0.5;
const LATENCY_MS = 15;
/** The fan-out may take this multiple of its duration at the quota, plus a minute. After that, posts count as lost. */
const PATIENCE = 10;

const begin = ({ sink, quota }: ThrottleFixture): Promise<void> =>
  sink.begin({ latencyMs: LATENCY_MS, quota: { rate: quota, burst: Math.ceil(quota * BURST_SHARE) } });

/**
 * Measures one publish through the whole local stack. Its workers are new, so they must learn the quota. But they have
 * already started: on two cores, the start of four processes would be a part of the measurement otherwise.
 */
export async function measureOurs(fixture: ThrottleFixture): Promise<SinkReport> {
  const { stack, sink, topicId, body, seconds } = fixture;
  await freshWorkers(fixture);
  const publisher = await startChild<PublishOrder, PublicationStatus>(
    new URL("./publisher.ts", import.meta.url),
    stack.env,
  );
  try {
    await begin(fixture);
    await publisher.ask({ topicId, body, timeoutMs: seconds * 1_000 * PATIENCE + 60_000 });
    await until("the workers are idle", () => stack.stats().queue.inFlight === 0);
    return await sink.report();
  } finally {
    await publisher.stop();
  }
}

/** Measures as many SDK processes as there are workers. Each has its share of the connections. */
export async function measureSdk(
  fixture: ThrottleFixture,
  retryMode: SdkOrder["retryMode"],
): Promise<SinkReport> {
  const { sink, workers, connections, body } = fixture;
  const env = posterEnv(sink);
  const ids = connectionIds(connections);
  const share = Math.ceil(ids.length / workers);
  const posters = await Promise.all(
    Array.from({ length: workers }, () =>
      startChild<SdkOrder, null>(new URL("./sdk-poster.ts", import.meta.url), env),
    ),
  );
  try {
    await begin(fixture);
    await Promise.all(
      posters.map((poster, worker) =>
        poster.ask({
          endpoint: sink.endpoint,
          retryMode,
          connectionIds: ids.slice(worker * share, (worker + 1) * share),
          body,
        }),
      ),
    );
    return await sink.report();
  } finally {
    await Promise.all(posters.map((poster) => poster.stop()));
  }
}
