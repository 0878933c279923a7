import type { CallSubject, DynamodbFault, LocalStack, SqsFault } from "lambda-websocket-pubsub-local";
import type { Trouble } from "./trouble.ts";

/** Calls that a worker makes after its posts. If one fails in the end, the unit of work is repeated. */
const AFTER_POSTING = /^(UpdateItem|PutItem|SendMessage|SendMessageBatch|GetQueueAttributes|GetQueueUrl)$/;

interface CallTrouble {
  share: number;
  concerns?(call: CallSubject): boolean;
}

type OnCalls<Fault> = (name: string, trouble: CallTrouble & Fault) => Trouble;

const onCalls =
  <Fault extends DynamodbFault | SqsFault>(
    add: (faults: LocalStack["faults"], fault: Fault) => () => void,
  ): OnCalls<Fault> =>
  (name, { share, concerns = () => true, ...fault }) => ({
    name,
    begin: (stage) => {
      const isHarmless = fault.error === undefined && fault.act === undefined;
      const match = (call: CallSubject): boolean => {
        const hits = concerns(call) && stage.random() < share;
        const isWorkers = !isHarmless && AFTER_POSTING.test(call.operation);
        if (hits) stage.hit(name, isWorkers ? call.caller : undefined);
        return hits;
      };
      return add(stage.stack.faults, { ...fault, match } as unknown as Fault);
    },
  });

export const onDynamodb: OnCalls<DynamodbFault> = onCalls((faults, fault) => faults.dynamodb(fault));
export const onSqs: OnCalls<SqsFault> = onCalls((faults, fault) => faults.sqs(fault));
