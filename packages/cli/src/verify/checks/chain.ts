import { randomUUID } from "node:crypto";
import { publishToTopic } from "lambda-websocket-pubsub";
import { type Check, verdict } from "../check.ts";
import { waitFor } from "../wait.ts";

const CONNECTS_AT_ONCE = 10;
/** If no subscriber receives anything for this long, the chain has ended. One hop takes less than a second. */
const STANDSTILL_MS = 20_000;

/**
 * With a part size of 1, the default of 40 is a fan-out of 40 parts. A fan-out that is a chain of 40 messages ends at the
 * 17th, which Lambda drops: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
 */
export const chainCheck = (consumers: number): Check => ({
  id: "fanout-chain",
  what: `a publication to ${consumers} subscribers, in as many parts as the worker's part size makes of them`,
  expected: `all ${consumers} receive it once`,
  usage: {
    messages: 4 * consumers,
    invocations: 4 * consumers,
    writeUnits: 6 * consumers,
    readUnits: 12 * consumers,
    sqsRequests: 4 * consumers,
  },
  timeoutMs: 120_000 + 2_000 * consumers,
  async run(context) {
    const { newTopic, subscriber, signal, config } = context;
    const topicId = newTopic();
    const sockets: Awaited<ReturnType<typeof subscriber>>["socket"][] = [];
    while (sockets.length < consumers) {
      const count = Math.min(CONNECTS_AT_ONCE, consumers - sockets.length);
      const connected = await Promise.all(Array.from({ length: count }, () => subscriber({ topicId })));
      sockets.push(...connected.map(({ socket }) => socket));
    }
    const data = randomUUID();
    await publishToTopic({ topicId, data, config });
    const reached = (): number => sockets.filter(({ received }) => received.includes(data)).length;
    await untilStandstill(signal, reached, consumers);
    const copies = sockets.reduce((sum, { received }) => sum + received.length, 0);
    return verdict(
      reached() === consumers && copies === consumers,
      `${reached()} of ${consumers} received it, in ${copies} messages`,
    );
  },
});

/** Waits until all are reached, or until none was reached for a while. */
async function untilStandstill(signal: AbortSignal, reached: () => number, all: number): Promise<void> {
  let before = -1;
  while (reached() < all && reached() > before) {
    before = reached();
    await waitFor({ signal, withinMs: STANDSTILL_MS }, () => (reached() > before ? true : undefined));
  }
}
