import { echoesField } from "./echoes.ts";
import { nextHops } from "./hops.ts";
import { inlineEvents } from "./inline-events.ts";
import { encodeFanoutMessage, type TopicMessage } from "./message.ts";
import type { FanoutContext } from "./worker.ts";

/** SQS: the longest delay of a message. */
const DELAY_SECONDS_MAX = 900;

/** A step to do, for the events that need it. An earlier worker may have got further with some events than with others. */
export interface Stage {
  step: number;
  cursor?: string | undefined;
  offsets: readonly number[];
}

/**
 * Queues a message for each stage that is left. After a failure it is delivered when the lease ends, because the step
 * that failed may be claimed until then. The worker that receives it rejects too many hops.
 */
export async function sendRest(
  context: FanoutContext,
  message: TopicMessage,
  stages: readonly Stage[],
  { afterLease }: { afterLease: boolean },
): Promise<void> {
  const { topicId, epoch, events = [], echoes = [] } = message;
  const delaySeconds = afterLease ? secondsOfLease(context) : 0;
  const hops = nextHops(message.hops);
  const messages = stages.map(({ step, cursor, offsets }) => {
    const named = { topicId, epoch, offsets, step, ...(cursor !== undefined && { cursor }) };
    const known = events.filter(({ offset }) => offsets.includes(offset));
    const own = echoes.filter(({ offset }) => offsets.includes(offset));
    const inline = known.length === offsets.length ? inlineEvents(known, [], own) : {};
    return {
      body: encodeFanoutMessage({ kind: "topic", hops, ...named, ...echoesField(own), ...inline }),
      delaySeconds,
    };
  });
  await context.queue.send(messages);
}

const secondsOfLease = ({ clock, leaseUntilMs }: FanoutContext): number =>
  Math.min(Math.max(0, Math.ceil((leaseUntilMs - clock.now()) / 1_000)), DELAY_SECONDS_MAX);
