import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { expect, it } from "vitest";
import { createDynamodbTopicLog } from "../../packages/pubsub/src/aws/dynamodb/topic-log.ts";
import { appendEvents } from "../../packages/pubsub/src/core/log/append.ts";
import { currentPosition } from "../../packages/pubsub/src/core/log/position.ts";
import { systemClock as clock } from "../../packages/pubsub/src/core/system-clock.ts";
import { createTestTable } from "../support/table.ts";

/**
 * Two processes published first on one topic, and each got offset 1, in two epochs. The end of a log takes two reads,
 * one of the last event and one of the epoch record, and the other process wrote the first event between them. An old
 * last event together with a new record looks like an expired epoch.
 */
it("opens one epoch when the first event is written between the two reads of a log's end", async () => {
  const { client, tableName } = await createTestTable();
  const topicId = "begun by two";
  const retentionSeconds = 86_400;
  const draft = (publicationId: string): Parameters<typeof appendEvents>[2][number] => {
    return { publicationId, publishedAt: clock.now(), json: "1", verbatim: false, idempotent: false };
  };
  const log = createDynamodbTopicLog({ client, tableName }, clock);
  await currentPosition({ log, clock }, topicId, { retentionSeconds });

  const first = draft("of the other process");
  const interrupted = afterFirstResponse(client, () =>
    appendEvents({ log, clock, retentionSeconds }, topicId, [first]),
  );
  const delayedLog = createDynamodbTopicLog({ client: interrupted, tableName }, clock);
  const second = draft("of this process");
  const { appended } = await appendEvents({ log: delayedLog, clock, retentionSeconds }, topicId, [second]);
  expect(appended.get(second)).toMatchObject({ offset: 2 });
  expect((await log.tail(topicId)).last).toMatchObject({
    epoch: appended.get(second)?.epoch,
    offset: 2,
  });
});

/** Returns a client that runs `interruption` after its first response, before its caller gets the response. */
function afterFirstResponse(client: DynamoDBClient, interruption: () => Promise<unknown>): DynamoDBClient {
  let interrupted = false;
  const send = async (command: Parameters<DynamoDBClient["send"]>[0]): Promise<unknown> => {
    const response = await client.send(command);
    if (!interrupted) {
      interrupted = true;
      await interruption();
    }
    return response;
  };
  return Object.assign(Object.create(client) as DynamoDBClient, { send });
}
