import type { CallSubject, DynamodbFault, SqsFault } from "lambda-websocket-pubsub-local";
import type { Stage, Trouble } from "./trouble.ts";

/** Calls that a worker makes after it has posted: if one fails for good, its unit of work is done again. */
const AFTER_POSTING = /^(UpdateItem|PutItem|SendMessage|SendMessageBatch|GetQueueAttributes|GetQueueUrl)$/;

interface CallTrouble {
  share: number;
  concerns?(call: CallSubject): boolean;
}

const matching =
  (stage: Stage, name: string, { share, concerns = () => true }: CallTrouble, harmless: boolean) =>
  (call: CallSubject): boolean => {
    const hits = concerns(call) && stage.random() < share;
    if (hits) stage.hit(name, harmless || !AFTER_POSTING.test(call.operation) ? undefined : call.caller);
    return hits;
  };

export const onDynamodb = (
  name: string,
  { share, concerns, ...fault }: CallTrouble & DynamodbFault,
): Trouble => ({
  name,
  begin: (stage) => {
    const isHarmless = fault.error === undefined && fault.act === undefined;
    const match = matching(stage, name, { share, ...(concerns && { concerns }) }, isHarmless);
    return stage.stack.faults.dynamodb({ ...fault, match });
  },
});

export const onSqs = (name: string, { share, concerns, ...fault }: CallTrouble & SqsFault): Trouble => ({
  name,
  begin: (stage) => {
    const isHarmless = fault.error === undefined && fault.act === undefined;
    const match = matching(stage, name, { share, ...(concerns && { concerns }) }, isHarmless);
    return stage.stack.faults.sqs({ ...fault, match });
  },
});
