/**
 * SQS accepts only the characters of XML. A publication with U+FFFE or U+FFFF in its data was once written to the log
 * but could never be queued for fan-out, even when it was published again. fauxqs also rejects emoji.
 */
import { expect, it } from "vitest";
import { createSqsFanoutQueue } from "../../../packages/pubsub/src/aws/sqs/fanout-queue.ts";
import { decodeFanoutMessage } from "../../../packages/pubsub/src/core/fanout/decode-message.ts";
import { encodeFanoutMessage, type FanoutMessage } from "../../../packages/pubsub/src/core/fanout/message.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { consumerOf, storedEvent } from "../../support/samples.ts";
import { receiveAll, testSqs } from "../../support/sqs-queues.ts";

const sqs = testSqs();
const odd = "\u{1f4a1} \u{10ffff} \ufffe \uffff \u0000 \u007f \u2028 \ud800";

it.each<FanoutMessage>([
  {
    kind: "topic",
    step: 1,
    topicId: "topic \u{1f4a1}\ufffe\uffff",
    epoch: "0m0000000",
    offsets: [1],
    events: [storedEvent(1, { json: JSON.stringify(odd), verbatim: true })],
  },
  {
    kind: "part",
    topicId: "t",
    epoch: "0m0000000",
    offsets: [1, 2],
    events: [1, 2].map((offset) => storedEvent(offset, { json: JSON.stringify({ [odd]: odd }) })),
    unit: "000001/0",
    attempt: 2,
    consumers: [{ consumer: consumerOf("a\uffff/\u{1f4a1}="), format: "data", subscribedAt: 0, from: 2 }],
  },
])("a $kind message passes through SQS whatever it holds", async (message) => {
  const { client, queueUrl } = await sqs.queues();
  const body = encodeFanoutMessage(message);
  expect(body).toMatch(/^[\u0020-\ud7ff\ue000-\ufffd]*$/);
  await createSqsFanoutQueue({ client, queueUrl }, createManualClock()).send([{ body, delaySeconds: 0 }]);
  const [received] = await receiveAll(client, queueUrl);
  expect(decodeFanoutMessage(received?.Body ?? "")).toEqual({ ok: true, message });
});

it("accepts a dead letter's reason that quotes any character", async () => {
  const { client, queueUrl, deadLetterQueueUrl } = await sqs.queues();
  const reason = {
    code: "INVALID_MESSAGE",
    message: `got "${odd}" and ${"\u{1f4a1}".repeat(300)}`,
    attempts: 1,
  };
  await createSqsFanoutQueue({ client, queueUrl }, createManualClock()).deadLetter("{}", reason);
  const [letter] = await receiveAll(client, deadLetterQueueUrl);
  expect(letter?.Body).toBe("{}");
  expect(letter?.MessageAttributes?.Reason?.StringValue).toMatch(/^got "/);
});
