import { SendMessageCommand } from "@aws-sdk/client-sqs";
import { createSqsDeadLetters } from "../../../packages/pubsub/src/aws/sqs/dead-letters.ts";
import { createSqsFanoutQueue } from "../../../packages/pubsub/src/aws/sqs/fanout-queue.ts";
import { DEAD_LETTER_HOLD_MS } from "../../../packages/pubsub/src/core/limits.ts";
import { createMemoryDeadLetters } from "../../../packages/pubsub/src/testing/dead-letters.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { testSqs } from "../../support/sqs-queues.ts";
import { describeDeadLettersConformance } from "./dead-letters.ts";

describeDeadLettersConformance("in memory", async () => {
  const clock = createManualClock();
  const deadLetters = createMemoryDeadLetters(clock);
  return {
    deadLetters,
    other: deadLetters,
    put: async (body, reason) => deadLetters.put(body, reason),
    passHold: () => clock.advance(DEAD_LETTER_HOLD_MS),
  };
});

const sqs = testSqs();
const SHORT_HOLD_MS = 1_000;
const HOLD_MS = 600_000;
describeDeadLettersConformance("SQS", async (hold) => {
  const { client, queueUrl, deadLetterQueueUrl } = await sqs.queues();
  const queue = createSqsFanoutQueue({ client, queueUrl }, createManualClock());
  const deadLetters = createSqsDeadLetters({ client, queueUrl }, hold === "short" ? SHORT_HOLD_MS : HOLD_MS);
  return {
    deadLetters,
    other: createSqsDeadLetters({ client, queueUrl }, HOLD_MS),
    async put(body, reason) {
      if (reason) await queue.deadLetter(body, reason);
      else await client.send(new SendMessageCommand({ QueueUrl: deadLetterQueueUrl, MessageBody: body }));
    },
    passHold: () => {},
  };
});
