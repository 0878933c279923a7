import type { PageExtent, SubscriptionPage } from "../ports.ts";
import type { Subscription } from "../types.ts";
import { claimUnit } from "./claims.ts";
import { eventsOfRun } from "./events-of-run.ts";
import { inlineEvents } from "./inline-events.ts";
import { encodeFanoutMessage, type PageMessage, type PendingConsumer } from "./message.ts";
import { pageUnit } from "./units.ts";
import { workUnit } from "./work-unit.ts";
import type { FanoutContext, Handled } from "./worker.ts";

/**
 * Does one page of the index for the events of a message: reads it, claims it, queues the next page, posts this
 * one, writes the ledger, in this order, so that pages go out in parallel and none is lost to a crash.
 */
export async function fanOutPage(context: FanoutContext, message: PageMessage): Promise<Handled> {
  const { topicId, cursor } = message;
  const page = await context.subscriptions.page({ topicId, cursor, limit: context.settings.pageSize });
  reportMalformed(context, topicId, page);
  const extent = extentOf(page);
  const claims = await claimUnit(context, { ...message, unit: pageUnit(message.page) }, extent);
  if (claims.fresh.length > 0) await workPage(context, message, claims.fresh, page.subscriptions, extent.end);
  for (const { offset, extent: first = extent, claimedAtMs } of claims.takenOver) {
    const subscriptions = await pageAgain(context, message, page, first, claimedAtMs);
    await workPage(context, message, [offset], subscriptions, first.end);
  }
  return { leased: claims.leased };
}

async function workPage(
  context: FanoutContext,
  message: PageMessage,
  offsets: readonly number[],
  subscriptions: readonly Subscription[],
  end: string | undefined,
): Promise<void> {
  const { topicId, epoch, page } = message;
  const events = await eventsOfRun(context, message, offsets);
  if (end !== undefined && events.length > 0) {
    const next = { topicId, epoch, page: page + 1, cursor: end, offsets: events.map(({ offset }) => offset) };
    const body = encodeFanoutMessage({ kind: "page", ...next, ...inlineEvents(events) });
    await context.queue.send([{ body, delaySeconds: 0 }]);
  }
  const from = events[0]?.offset ?? 0;
  const consumers = subscriptions.map((subscription) => pending(subscription, from));
  const lastPage = end === undefined || events.length === 0;
  await workUnit(context, { topicId, epoch, events, attempt: 1 }, offsets, {
    unit: pageUnit(page),
    consumers,
    lastPage,
  });
}

const pending = ({ consumer, format, subscribedAt }: Subscription, from: number): PendingConsumer => ({
  consumer,
  format,
  subscribedAt,
  from,
});

/**
 * Rows younger than this at the first reading do not count as having been on the page: they may have shown up in
 * the index since. Covers the index's lag and the difference between two clocks.
 */
const SETTLED_MS = 60_000;

/**
 * The page of a worker that died, as far as it reached then. Subscribers have come and gone since, so a page of
 * the same size may end earlier or later: too early, and whoever stood between would be reached by nobody,
 * because the next page already began behind them. So it is read up to the row it ended with; if that is gone,
 * until it holds as many rows old enough to have been there as it held then, at the price of some read twice.
 */
async function pageAgain(
  context: FanoutContext,
  { topicId }: PageMessage,
  page: SubscriptionPage,
  { end, count }: PageExtent,
  claimedAtMs: number,
): Promise<Subscription[]> {
  const { cursorOf } = context.subscriptions;
  const subscriptions: Subscription[] = [];
  let settled = 0;
  for (let current = page; ; ) {
    for (const subscription of current.subscriptions) {
      subscriptions.push(subscription);
      if (subscription.subscribedAt < claimedAtMs - SETTLED_MS) settled += 1;
      if (end !== undefined && cursorOf(subscription.consumer) === end) return subscriptions;
    }
    if (current.cursor === undefined || (end !== undefined && settled >= count)) return subscriptions;
    const { cursor } = current;
    current = await context.subscriptions.page({ topicId, cursor, limit: context.settings.pageSize });
    reportMalformed(context, topicId, current);
  }
}

const extentOf = ({ cursor, subscriptions }: SubscriptionPage): PageExtent => ({
  count: subscriptions.length,
  ...(cursor !== undefined && { end: cursor }),
});

function reportMalformed({ observe }: FanoutContext, topicId: string, { malformed }: SubscriptionPage): void {
  if (malformed > 0) observe({ event: "rows-malformed", topicId, count: malformed });
}
