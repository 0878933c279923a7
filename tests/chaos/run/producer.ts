import { setTimeout as sleep } from "node:timers/promises";
import { isPubsubError, publishToTopic } from "lambda-websocket-pubsub";
import { seededRandom } from "../seeded-random.ts";
import { createReporting } from "./reporting.ts";

/** The order to a process that publishes in several lanes at the same time, until it gets a message to stop. */
export interface ProducerOrder {
  name: string;
  seed: number;
  topics: string[];
  publishesPerSecond: number;
  /** The option of the library. */
  inlineFanoutMax: number;
}

const LANES = 6;
/** The share of publications with a publication id. They are retried with it, as docs/errors.md says. */
const WITH_ID = 0.6;
const LARGE = 0.005;
const LARGE_CHARS = 60_000;
const SMALL_CHARS = 120;
const MAX_RETRY_MS = 2_000;
const MAX_ATTEMPTS = 40;

process.env.AWS_SESSION_TOKEN = `producer/${process.pid}`;
process.on("disconnect", () => process.exit(0));
process.on("SIGINT", () => {});
const order = JSON.parse(process.argv[2] ?? "") as ProducerOrder;
const config = {
  dynamodbTableName: process.env.PUBSUB_TABLE_NAME ?? "",
  fanoutQueueUrl: process.env.PUBSUB_QUEUE_URL ?? "",
  inlineFanoutMax: order.inlineFanoutMax,
};
const random = seededRandom(order.seed);
const { record, flush } = createReporting();
let stopping = false;
let published = 0;
process.on("message", () => {
  stopping = true;
});
await Promise.all(Array.from({ length: LANES }, lane));
flush();
process.send?.("done", () => process.disconnect());

async function lane(): Promise<void> {
  const meanMs = (1_000 * LANES) / order.publishesPerSecond;
  while (!stopping) {
    await sleep(meanMs * 2 * random());
    const m = `${order.name}-${++published}`;
    const topic = order.topics[Math.floor(random() * order.topics.length)] ?? "";
    const pad = "x".repeat(random() < LARGE ? LARGE_CHARS : SMALL_CHARS);
    await publish(topic, m, pad, random() < WITH_ID);
  }
}

/**
 * Publishes, and retries with the same id until success. It never retries without an id: that would be another event.
 */
async function publish(topic: string, m: string, pad: string, withId: boolean): Promise<void> {
  const id = withId ? { id: `id ${m}` } : {};
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    record({ at: Date.now(), k: "begin", topic, m, ...id });
    try {
      const data = { m, pad };
      const publicationId = withId ? { publicationId: `id ${m}` } : {};
      const { epoch, offset, duplicate } = await publishToTopic({
        topicId: topic,
        data,
        config,
        ...publicationId,
      });
      record({ at: Date.now(), k: "ok", topic, m, ...id, epoch, offset, duplicate });
      return;
    } catch (error) {
      const code = isPubsubError(error) ? error.code : String(error);
      record({ at: Date.now(), k: "no", topic, m, ...id, code });
      if (!withId || !isPubsubError(error) || !error.retryable) return;
      await sleep(random() * Math.min(MAX_RETRY_MS, 50 * 2 ** attempt));
    }
  }
}
