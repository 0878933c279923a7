import { GetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { findMapping } from "../aws/mapping.ts";
import { type Check, fails, skipped, verdict } from "../check.ts";
import type { VerifyContext } from "../context.ts";

/** Both as Lambda advises: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html */
const VISIBILITY_TIMEOUTS_MIN = 6;
const RECEIVES_MIN = 5;

const usage = { sqsRequests: 2 };

export const queueChecks: readonly Check[] = [
  {
    id: "queue-standard",
    what: "the kind of the fan-out queue",
    expected: "a standard queue: the library names no message groups",
    usage,
    async run(context) {
      const { FifoQueue = "false", QueueArn: arn = "" } = await attributesOf(context);
      const isFifo = FifoQueue === "true" || arn.endsWith(".fifo");
      return verdict(!isFifo, isFifo ? "a FIFO queue" : "a standard queue");
    },
  },
  {
    id: "queue-redrive",
    what: "the dead-letter queue of the fan-out queue",
    expected: `a redrive policy with maxReceiveCount of ${RECEIVES_MIN} or more`,
    usage,
    async run(context) {
      const { RedrivePolicy } = await attributesOf(context);
      if (!RedrivePolicy) return fails("the fan-out queue has no redrive policy");
      const { maxReceiveCount, deadLetterTargetArn } = JSON.parse(RedrivePolicy) as {
        maxReceiveCount?: number | string;
        deadLetterTargetArn?: string;
      };
      const expected = await arnOf(context, context.target.deadLetterQueue);
      if (expected !== undefined && expected !== deadLetterTargetArn) {
        return fails("dead letters go to another queue than the given one");
      }
      return verdict(Number(maxReceiveCount) >= RECEIVES_MIN, `maxReceiveCount ${maxReceiveCount}`);
    },
  },
  {
    id: "queue-visibility",
    what: "the visibility timeout of the fan-out queue",
    expected: `at least ${VISIBILITY_TIMEOUTS_MIN} times the timeout of the fan-out function`,
    usage,
    async run(context) {
      const mapping = await findMapping(context);
      if (typeof mapping === "string") return skipped(mapping);
      const { VisibilityTimeout: visibility } = await attributesOf(context);
      const { timeoutSeconds } = await mapping.configuration();
      return verdict(
        Number(visibility) >= VISIBILITY_TIMEOUTS_MIN * timeoutSeconds,
        `${visibility} s; the function's timeout is ${timeoutSeconds} s`,
      );
    },
  },
];

async function attributesOf({ clients, target }: VerifyContext): Promise<Partial<Record<string, string>>> {
  const input = { QueueUrl: target.queue, AttributeNames: ["All" as const] };
  const { Attributes = {} } = await clients.sqs.send(new GetQueueAttributesCommand(input));
  return Attributes;
}

async function arnOf({ clients }: VerifyContext, url: string | undefined): Promise<string | undefined> {
  if (url === undefined) return undefined;
  const input = { QueueUrl: url, AttributeNames: ["QueueArn" as const] };
  const { Attributes } = await clients.sqs.send(new GetQueueAttributesCommand(input));
  return Attributes?.QueueArn;
}
