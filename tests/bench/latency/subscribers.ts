import { connectSubscriber, inParallel } from "../../../demo/subscriber.ts";
import { answerOrders, machineNowMs } from "../support/answer-orders.ts";
import type { SubscriberAnswer, SubscriberOrder } from "./orders.ts";

/** All subscribers: real WebSocket clients that note when each message came. */
const CONNECTS_AT_ONCE = 50;
const arrivals = new Map<number, Map<string, number>>();
let duplicates = 0;
let waiting = { message: 0, check: (): void => {} };

function arrived(subscriber: string, text: string): void {
  const nowMs = machineNowMs();
  const { message } = JSON.parse(text) as { message: number };
  const bySubscriber = arrivals.get(message) ?? new Map<string, number>();
  arrivals.set(message, bySubscriber);
  if (bySubscriber.has(subscriber)) duplicates += 1;
  else bySubscriber.set(subscriber, nowMs);
  if (message === waiting.message) waiting.check();
}

/** Resolves when so many have the message, or when time is up. */
async function untilArrived(message: number, expected: number, timeoutMs: number): Promise<number[]> {
  const timeLeft = Promise.withResolvers<void>();
  const timer = setTimeout(timeLeft.resolve, timeoutMs);
  const check = (): void => {
    if ((arrivals.get(message)?.size ?? 0) >= expected) timeLeft.resolve();
  };
  waiting = { message, check };
  check();
  await timeLeft.promise;
  clearTimeout(timer);
  return [...(arrivals.get(message)?.values() ?? [])];
}

answerOrders<SubscriberOrder, SubscriberAnswer>(async (order) => {
  if (order.do === "connect") {
    const { websocketUrl, topicId, count } = order;
    await inParallel(count, CONNECTS_AT_ONCE, async (index) => {
      const name = `${topicId} ${index}`;
      await connectSubscriber(websocketUrl, topicId, (text) => arrived(name, text));
    });
    return { arrivedMs: [], duplicates };
  }
  if (order.do === "duplicates") return { arrivedMs: [], duplicates };
  const { message, expected, timeoutMs } = order;
  return { arrivedMs: await untilArrived(message, expected, timeoutMs), duplicates };
});
