import { setTimeout as sleep } from "node:timers/promises";
import { isPubsubError, publishToTopic } from "lambda-websocket-pubsub";
import { seededRandom } from "../seeded-random.ts";
import { createReporting } from "./reporting.ts";

/** A process that publishes, in several lanes at once, until it is told to stop. */
export interface ProducerOrder {
  name: string;
  seed: number;
  topics: string[];
  publishesPerSecond: number;
}

const LANES = 6;
/** The share of publications with an id of their own, retried under it as docs/errors.md says. */
const WITH_ID = 0.6;
const LARGE = 0.005;
const LARGE_CHARS = 60_000;
const SMALL_CHARS = 120;
const RETRY_MS_MAX = 2_000;
const TRIES_MAX = 40;

process.env.AWS_SESSION_TOKEN = `producer/${process.pid}`;
process.on("disconnect", () => process.exit(0));
process.on("SIGINT", () => {});
const order = JSON.parse(process.argv[2] ?? "") as ProducerOrder;
const config = {
  dynamodbTableName: process.env.PUBSUB_TABLE_NAME ?? "",
  fanoutQueueUrl: process.env.PUBSUB_QUEUE_URL ?? "",
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

/** With an id until it is accepted; without one the repeat would be another event, so it is left at that. */
async function publish(topic: string, m: string, pad: string, withId: boolean): Promise<void> {
  const id = withId ? { id: `id ${m}` } : {};
  for (let tries = 1; tries <= TRIES_MAX; tries++) {
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
      await sleep(random() * Math.min(RETRY_MS_MAX, 50 * 2 ** tries));
    }
  }
}
