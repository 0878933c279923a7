import type { SubscriptionPage } from "../ports.ts";
import type { Subscription } from "../types.ts";
import { claimUnit } from "./claims.ts";
import { eventsOfRun } from "./events-of-run.ts";
import { inlineEvents } from "./inline-events.ts";
import { encodeFanoutMessage, type PageMessage, type PendingConsumer } from "./message.ts";
import { pageUnit } from "./units.ts";
import { workUnit } from "./work-unit.ts";
import type { FanoutContext, Handled } from "./worker.ts";

/**
 * Works on one page of the index for the events of a message: reads the page, claims it, queues the next page, posts this
 * one, and writes the ledger. In this order pages are posted in parallel, and a crash loses none of them.
 */
export async function fanOutPage(context: FanoutContext, message: PageMessage): Promise<Handled> {
  const { topicId, cursor } = message;
  const page = await context.subscriptions.page({ topicId, cursor, limit: context.settings.pageSize });
  reportMalformed(context, topicId, page);
  const { cursor: pageEnd } = page;
  const claims = await claimUnit(context, { ...message, unit: pageUnit(message.page) }, pageEnd);
  if (claims.fresh.length > 0) await workPage(context, message, claims.fresh, page.subscriptions, pageEnd);
  for (const { offset, end } of claims.takenOver) {
    const subscriptions = await pageAgain(context, message, page, end);
    await workPage(context, message, [offset], subscriptions, end);
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
 * Reads again the page of a worker that died, up to the row where that page ended. Consumers have subscribed and
 * unsubscribed since, so a page of the same size may end earlier or later. If it ended earlier, no page would contain
 * the subscriptions in between, because the next page began after them. If it ended later, some consumers would get
 * the events twice. The row where it ended may be gone too. So reading also stops at the rows that follow it now.
 */
async function pageAgain(
  context: FanoutContext,
  { topicId }: PageMessage,
  page: SubscriptionPage,
  end: string | undefined,
): Promise<Subscription[]> {
  const { cursorOf } = context.subscriptions;
  const behind = end === undefined ? new Set() : await rowsBehind(context, topicId, end);
  const subscriptions: Subscription[] = [];
  for (let current = page; ; ) {
    for (const subscription of current.subscriptions) {
      const at = cursorOf(subscription);
      if (behind.has(at)) return subscriptions;
      subscriptions.push(subscription);
      if (at === end) return subscriptions;
    }
    const { cursor } = current;
    if (cursor === undefined || cursor === end) return subscriptions;
    current = await context.subscriptions.page({ topicId, cursor, limit: context.settings.pageSize });
    reportMalformed(context, topicId, current);
  }
}

/** Enough rows that some of them still exist a moment later. */
const ROWS_BEHIND = 10;

async function rowsBehind(
  { subscriptions }: FanoutContext,
  topicId: string,
  end: string,
): Promise<Set<string>> {
  for (let cursor: string | undefined = end; cursor !== undefined; ) {
    const behind: SubscriptionPage = await subscriptions.page({ topicId, cursor, limit: ROWS_BEHIND });
    if (behind.subscriptions.length > 0) {
      return new Set(behind.subscriptions.map(subscriptions.cursorOf));
    }
    cursor = behind.cursor;
  }
  return new Set();
}

function reportMalformed({ observe }: FanoutContext, topicId: string, { malformed }: SubscriptionPage): void {
  if (malformed > 0) observe({ event: "rows-malformed", topicId, count: malformed });
}
