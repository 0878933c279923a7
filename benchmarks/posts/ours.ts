import { createPubsub } from "../../packages/pubsub/src/api/create-pubsub.ts";
import type { PendingConsumer } from "../../packages/pubsub/src/core/fanout/message.ts";
import { postRun, type Run } from "../../packages/pubsub/src/core/fanout/post-run.ts";
import { FANOUT_SETTINGS_DEFAULT } from "../../packages/pubsub/src/core/fanout/worker.ts";
import { type PosterOrder, type Prepare, runPoster } from "./poster.ts";

runPoster(createOurs);

/** A deadline later than the end of any run. */
const HOUR_MS = 3_600_000;

/** Posts with the fan-out worker's complete posting path, one page of consumers after the other, as a worker does. */
function createOurs({ endpoint, bodyBytes }: PosterOrder): Prepare {
  const { ports, ...rest } = createPubsub(
    { dynamodbTableName: "no-table", managementEndpoint: endpoint },
    () => {},
  );
  const run: Run = {
    topicId: "posts",
    epoch: "1",
    attempt: 1,
    events: [
      {
        offset: 1,
        publicationId: "publication",
        publishedAt: Date.now(),
        json: JSON.stringify("x".repeat(bodyBytes)),
        verbatim: true,
      },
    ],
  };
  return (connectionIds) => {
    const pages = splitIntoPages(connectionIds.map(toPendingConsumer));
    return async () => {
      const untilMs = Date.now() + HOUR_MS;
      for (const page of pages) {
        const settings = FANOUT_SETTINGS_DEFAULT;
        const context = { ...ports, ...rest, settings, deadlineMs: untilMs, leaseUntilMs: untilMs };
        const { failed, refused, unsent, gone } = await postRun(context, run, page);
        if (failed.length + refused.length + unsent.length + gone.length > 0) {
          throw new Error(`some posts failed: ${[...failed, ...refused][0]?.reason ?? "unsent or gone"}`);
        }
      }
    };
  };
}

const toPendingConsumer = (connectionId: string): PendingConsumer => ({
  consumer: { domainName: "abc123.execute-api.us-east-1.amazonaws.com", stage: "$default", connectionId },
  format: "data",
  subscribedAt: 0,
  from: 1,
});

function splitIntoPages(consumers: readonly PendingConsumer[]): PendingConsumer[][] {
  const { partSize } = FANOUT_SETTINGS_DEFAULT;
  return Array.from({ length: Math.ceil(consumers.length / partSize) }, (_, page) =>
    consumers.slice(page * partSize, (page + 1) * partSize),
  );
}
