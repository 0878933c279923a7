import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { expect, it } from "vitest";
import { createDynamodbTopicLog } from "../../packages/pubsub/src/aws/dynamodb/topic-log.ts";
import { appendEvents } from "../../packages/pubsub/src/core/log/append.ts";
import { currentPosition } from "../../packages/pubsub/src/core/log/position.ts";
import { systemClock as clock } from "../../packages/pubsub/src/core/system-clock.ts";
import { createTestTable } from "../support/table.ts";

/**
 * Two processes that published first on one topic each got offset 1, in two epochs: the end of a log and its
 * epoch record are two reads, and between them the other process had written the first event. A last event from
 * before it beside a record from after it looks like an epoch that has expired.
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
  const interrupted = afterFirstAnswer(client, () =>
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

/** A client that runs something else after its first response, before it returns the response to its caller. */
function afterFirstAnswer(client: DynamoDBClient, interruption: () => Promise<unknown>): DynamoDBClient {
  let interrupted = false;
  const send = async (command: Parameters<DynamoDBClient["send"]>[0]): Promise<unknown> => {
    const answer = await client.send(command);
    if (!interrupted) {
      interrupted = true;
      await interruption();
    }
    return answer;
  };
  return Object.assign(Object.create(client) as DynamoDBClient, { send });
}
