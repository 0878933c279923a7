import { isPubsubError, publishToTopic } from "lambda-websocket-pubsub";
import type { Publication, PublisherOrder } from "./publisher-process.ts";

/** A producer in its own process. It receives requests to publish over IPC and reports their outcomes. */
const config = {
  dynamodbTableName: process.env.PUBSUB_TABLE_NAME ?? "",
  fanoutQueueUrl: process.env.PUBSUB_QUEUE_URL,
};

process.on("disconnect", () => process.exit(0));
process.on("message", async ({ publish, atOnce }: PublisherOrder) => {
  const outcomes: Publication[] = [];
  let next = 0;
  const lanes = Array.from({ length: atOnce }, async () => {
    for (let index = next++; index < publish.length; index = next++) {
      const request = publish[index];
      if (request) outcomes[index] = await attempt(request);
    }
  });
  await Promise.all(lanes);
  process.send?.(outcomes);
});
process.send?.("ready");

async function attempt(request: PublisherOrder["publish"][number]): Promise<Publication> {
  try {
    return { ok: true, ...(await publishToTopic({ ...request, config })) };
  } catch (error) {
    if (!isPubsubError(error)) return { ok: false, code: String(error), retryable: false };
    return { ok: false, code: error.code, retryable: error.retryable };
  }
}
