import type { MessageFault } from "lambda-websocket-pubsub-local";
import { onSqs } from "./calls.ts";
import { every, type Trouble } from "./trouble.ts";

/** What standard queues are allowed to do, and errors of the service. */
export const queueTroubles: readonly Trouble[] = [
  onMessages("messages delivered twice", { share: 0.4, act: "duplicate" }),
  onMessages("messages delivered again after success", { share: 0.4, act: "duplicate", delayMs: 4_000 }),
  onMessages("messages out of order", { share: 0.4, act: "hold", delayMs: 900 }),
  onMessages("visibility runs out", { share: 0.3, act: "expire", delayMs: 50 }),
  onMessages("half of a batch fails", { share: 0.5, act: "fail" }),
  onSqs("SQS returns 500", { share: 0.15, error: "InternalFailure" }),
  onSqs("SQS returns 503", { share: 0.15, error: "ServiceUnavailable" }),
  onSqs("SQS throttles", { share: 0.15, error: "RequestThrottled" }),
  onSqs("SQS resets", { share: 0.1, act: "reset" }),
  onSqs("SQS loses responses", { share: 0.2, act: "lose-answer" }),
  onSqs("SQS fails entries", { share: 0.4, act: "partly" }),
  // For longer than a send is tried, so that whole steps of a dispatch fail
  onSqs("SQS takes nothing from the fan-out", {
    share: 1,
    error: "ServiceUnavailable",
    concerns: ({ caller, operation }) => caller.startsWith("fanout/") && operation.startsWith("SendMessage"),
  }),
  onSqs("SQS is slow", { share: 0.4, delayMs: 400 }),
  every("dead letters redriven", 2_500, ({ redrive }) => redrive()),
  every("malformed messages", 400, ({ enqueue, topics, hit, random }) => {
    const cut = 1 + random() * 100;
    const whole = JSON.stringify({
      v: 1,
      kind: "page",
      topicId: topics[0],
      epoch: "000000000",
      offsets: [1],
    });
    hit("malformed messages");
    enqueue([whole.slice(0, cut), '{"v":2}', whole.replace('"offsets":[1]', '"offsets":[-1]')]);
  }),
];

function onMessages(
  name: string,
  { share, ...fault }: Omit<MessageFault, "match" | "rate"> & { share: number },
): Trouble {
  return {
    name,
    begin: ({ stack, random, hit }) =>
      stack.faults.messages({
        ...fault,
        match() {
          const hits = random() < share;
          if (hits) hit(name);
          return hits;
        },
      }),
  };
}
