import type { Context, SQSBatchResponse, SQSEvent } from "aws-lambda";
import fc from "fast-check";
import { createLimiter } from "../../../../packages/pubsub/src/core/delivery/limiter.ts";
import { isPubsubError } from "../../../../packages/pubsub/src/core/errors.ts";
import {
  FANOUT_SETTINGS_DEFAULT,
  type FanoutContext,
} from "../../../../packages/pubsub/src/core/fanout/worker.ts";
import { handleSqsEvent } from "../../../../packages/pubsub/src/handlers/fanout.ts";
import { createHandlerTelemetry } from "../../../../packages/pubsub/src/observe/powertools.ts";
import { corpus } from "../corpus.ts";
import { createCountedPorts, type Effects } from "../counted-ports.ts";
import { awkwardName } from "../inputs/awkward.ts";
import { mangled } from "../inputs/mangled.ts";
import { messageText } from "../inputs/messages.ts";
import { isBatch } from "../oracles/batch-oracle.ts";
import { isFanoutMessage } from "../oracles/message-oracle.ts";
import { type Surface, type Verdict, Violation } from "../surface.ts";

export interface FanoutInput {
  /** The invocation's payload as JSON text. */
  event: string;
  deadLettersDown: boolean;
}

type Worker = Omit<FanoutContext, "deadlineMs" | "leaseUntilMs">;
export type HandleBatch = (
  worker: Worker,
  event: SQSEvent,
  context: Context,
  options: { partialBatchResponses: boolean },
) => Promise<SQSBatchResponse>;

const CONSUMERS = ["a=", "b=", "c="].map((connectionId) => {
  return { domainName: "a.example", stage: "$default", connectionId };
});
const lambda = { getRemainingTimeInMillis: () => 20_000 } as Context;

/** The fan-out handler with ports in memory. */
export function fanoutSurface(handle: HandleBatch = handleSqsEvent): Surface<FanoutInput> {
  const telemetry = createHandlerTelemetry("all");
  const counted = createCountedPorts(telemetry.observe);
  const { ports } = counted;
  const limiter = createLimiter(ports.clock);
  const worker = { ...ports, limiterOf: () => limiter, settings: FANOUT_SETTINGS_DEFAULT };

  return {
    inputs: fanoutInputs,
    async attempt({ event, deadLettersDown }) {
      for (const consumer of CONSUMERS) {
        await ports.subscriptions.put({ consumer, topicId: "room-1", format: "event", subscribedAt: 0 });
      }
      counted.takeEffects();
      counted.setDeadLettersDown(deadLettersDown);
      const batch = JSON.parse(event) as SQSEvent;
      const answer = await handle(worker, batch, lambda, { partialBatchResponses: true }).catch(
        (error: unknown) => {
          if (isPubsubError(error, "INVALID_ARGUMENT")) return "whole-batch" as const;
          throw error;
        },
      );
      telemetry.end();
      return judge(batch, answer, { ...counted.takeEffects(), deadLettersDown });
    },
  };
}

const record = fc
  .tuple(fc.constantFrom(...corpus.sqsEvents.flatMap(({ Records }) => Records)), messageText, fc.nat())
  .map(([recorded, body, messageId]) => ({ ...recorded, body, messageId: `message-${messageId}` }));
const batch = fc.array(record, { minLength: 1, maxLength: 3 }).map((Records) => ({ Records }));

/** Recorded batches with other messages. Some have attributes or structures that SQS would not send. */
export const fanoutInputs: fc.Arbitrary<FanoutInput> = fc.record({
  event: fc
    .oneof(
      { weight: 6, arbitrary: batch },
      { weight: 1, arbitrary: mangled(batch) },
      {
        weight: 1,
        arbitrary: fc.tuple(batch, awkwardName).map(([{ Records }, value]) => ({
          Records: Records.map((one) => ({ ...one, attributes: { ApproximateReceiveCount: value } })),
        })),
      },
    )
    .map((event) => JSON.stringify(event) ?? "null"),
  deadLettersDown: fc.integer({ min: 0, max: 9 }).map((choice) => choice === 0),
});

/** Throws unless exactly the malformed messages are dead-lettered, or reported as failed while that is impossible. */
function judge(
  event: SQSEvent,
  answer: SQSBatchResponse | "whole-batch",
  { writes, deadLetters, deadLettersDown }: Effects & { deadLettersDown: boolean },
): Verdict {
  if (!isBatch(event)) {
    if (answer !== "whole-batch")
      throw new Violation("the handler must reject an event whose messages it cannot report on");
    return { accepted: false, rowsWritten: writes + deadLetters.length };
  }
  if (answer === "whole-batch") throw new Violation("the handler must not reject a whole batch");
  const failed = new Set(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  const malformed = event.Records.filter(({ body }) => !isFanoutMessage(body));
  const letters = deadLetters
    .filter(({ reason }) => reason.code === "INVALID_MESSAGE")
    .map(({ body }) => body);
  for (const { messageId, body } of malformed) {
    if (failed.has(messageId) === deadLettersDown && letters.includes(body) !== deadLettersDown) continue;
    const where = failed.has(messageId) ? "reported as failed" : "reported as done";
    throw new Violation(
      `a malformed message is ${where}; the dead-letter queue got ${letters.length} messages`,
    );
  }
  const misjudged = letters.length - (deadLettersDown ? 0 : malformed.length);
  if (misjudged !== 0) throw new Violation(`the dead-letter queue got ${misjudged} messages too many`);
  return { accepted: malformed.length < event.Records.length, rowsWritten: writes };
}
