import { connectSubscriber, inParallel } from "../../demo/subscriber.ts";
import { handleOrders, machineNowMs } from "../support/handle-orders.ts";
import type { SubscriberOrder, SubscriberReply } from "./orders.ts";

/** All subscribers: real WebSocket clients that record when each message arrived. */
const CONNECTS_AT_ONCE = 50;
const arrivals = new Map<number, Map<string, number>>();
let duplicates = 0;
let waiting = { message: 0, check: (): void => {} };

function recordArrival(subscriber: string, text: string): void {
  const nowMs = machineNowMs();
  for (const message of messagesIn(text)) record(subscriber, message, nowMs);
}

/** The library posts EVENTS messages, as its own client asks for them, and the SDK the data alone. */
function messagesIn(text: string): number[] {
  type Data = { message: number };
  const posted = JSON.parse(text) as Data | { events: { data: Data }[] };
  return "events" in posted ? posted.events.map(({ data }) => data.message) : [posted.message];
}

function record(subscriber: string, message: number, nowMs: number): void {
  const bySubscriber = arrivals.get(message) ?? new Map<string, number>();
  arrivals.set(message, bySubscriber);
  if (bySubscriber.has(subscriber)) duplicates += 1;
  else bySubscriber.set(subscriber, nowMs);
  if (message === waiting.message) waiting.check();
}

/** Resolves when the expected number of subscribers has the message, or at the timeout. */
async function waitForArrivals(message: number, expected: number, timeoutMs: number): Promise<number[]> {
  const done = Promise.withResolvers<void>();
  const timer = setTimeout(done.resolve, timeoutMs);
  const check = (): void => {
    if ((arrivals.get(message)?.size ?? 0) >= expected) done.resolve();
  };
  waiting = { message, check };
  check();
  await done.promise;
  clearTimeout(timer);
  return [...(arrivals.get(message)?.values() ?? [])];
}

handleOrders<SubscriberOrder, SubscriberReply>(async (order) => {
  if (order.do === "connect") {
    const { websocketUrl, topicId, count } = order;
    await inParallel(count, CONNECTS_AT_ONCE, async (index) => {
      const name = `${topicId} ${index}`;
      const onText = (text: string): void => recordArrival(name, text);
      await connectSubscriber(websocketUrl, topicId, onText, undefined, "event");
    });
    return { arrivedMs: [], duplicates };
  }
  if (order.do === "duplicates") return { arrivedMs: [], duplicates };
  const { message, expected, timeoutMs } = order;
  return { arrivedMs: await waitForArrivals(message, expected, timeoutMs), duplicates };
});
