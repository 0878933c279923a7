import { type Delivered, type DeliveryFailure, deliver } from "../delivery/deliver.ts";
import { createPostMeter } from "../delivery/post-meter.ts";
import { nonceTail } from "../nonce.ts";
import type { PostTotals, PublicationName } from "../pipeline-events.ts";
import { endMsOf } from "../subscriptions/end-of.ts";
import type { Consumer, StoredEvent } from "../types.ts";
import type { Echo, PendingConsumer } from "./message.ts";
import { sortEnded } from "./renewed.ts";
import { cachedWants, type Wanted } from "./wanted.ts";
import type { FanoutContext } from "./worker.ts";

/**
 * For this long after a connection subscribed, a 410 does not mean that it is gone: a subscription that `$connect`
 * writes exists before API Gateway can post to the connection.
 */
const YOUNG_MS = 30_000;

/** The share of the time after the deadline that the posts under way may take. */
const WIND_DOWN_POSTING_SHARE = 3 / 4;

export interface Run {
  topicId: string;
  epoch: string;
  events: readonly StoredEvent[];
  /** Counts from 1. Above 1, every post repeats an earlier one. */
  attempt: number;
  /** The hops of the message that asked for this run. */
  hops?: number | undefined;
  /** Which consumers have some of the events already, and are not posted them. */
  echoes?: readonly Echo[] | undefined;
}

export const publicationName = (
  { topicId, epoch }: Run,
  { publicationId, offset }: StoredEvent,
): PublicationName => ({ topicId, publicationId, epoch, offset });

export interface Posted {
  /**
   * By offset: how many consumers wanted the event, received it or are gone, and how many posts repeated one. A consumer with
   * `latest` that received a newer event of the run instead counts as if it had received this one.
   */
  counts: Map<number, { consumers: number; delivered: number; gone: number; retried: number }>;
  totals: PostTotals;
  gone: Consumer[];
  /** The gone consumers that are members of the topic. Absent if none is. */
  goneMembers?: Consumer[];
  /** No time was left for these; their attempt is not used up. */
  unsent: PendingConsumer[];
  /** These need another attempt later. */
  failed: FailedConsumer[];
  /** A post of this frame to these can never succeed. */
  refused: FailedConsumer[];
  /** These took everything, after deliveries to them had been abandoned. */
  recovered: PendingConsumer[];
  /** How many subscriptions ended before their consumers got everything. What these did not get is not counted. */
  ended: number;
}

/** `waiting`: their subscription had ended when it was their turn, and is to be looked up. */
type Recorded = Omit<Posted, "totals" | "ended"> & { waiting: PendingConsumer[] };

export interface FailedConsumer extends PendingConsumer {
  reason: string;
  /** Whether the consumer itself is the cause. */
  byConsumer?: true;
}

/** Posts a run of events to consumers, to each from the offset `from` that it still needs. */
export async function postRun(
  context: FanoutContext,
  run: Run,
  consumers: readonly PendingConsumer[],
): Promise<Posted> {
  const { clock, connections, deadlineMs, limiterOf, inline } = context;
  const wantedFrom = cachedWants(run);
  const counts = new Map(
    run.events.map(({ offset }) => [offset, { consumers: 0, delivered: 0, gone: 0, retried: 0 }]),
  );
  const none = { gone: [], unsent: [], failed: [], refused: [], recovered: [], waiting: [] };
  const posted: Recorded = { counts, ...none };
  let ended = 0;
  const meter = createPostMeter();
  const delivering = { ...context, meter, giveUpAtMs: context.giveUpAtMs ?? giveUpAtMs(context) };
  const nowMs = clock.now();
  const deliveries: Promise<void>[] = [];
  const unproven: { pending: PendingConsumer; wanted: Wanted; delivered: Delivered }[] = [];
  let failure: { error: unknown } | undefined;
  async function postTo(group: readonly PendingConsumer[]): Promise<void> {
    for (const pending of group) {
      const nonce = pending.format === "event" ? pending.nonce : undefined;
      const wanted = wantedFrom(nonce === undefined ? pending.format : "open event", pending);
      const { frames } = wanted;
      if (frames.length === 0) {
        record(posted, run, { pending, wanted }, NOT_NEEDED);
        continue;
      }
      if (clock.now() >= deadlineMs) {
        record(posted, run, { pending, wanted }, UNSENT);
        continue;
      }
      const endsAtMs = endMsOf(pending);
      if (clock.now() >= endsAtMs) {
        record(posted, run, { pending, wanted }, ENDED);
        continue;
      }
      const next = limiterOf(pending.consumer).acquire();
      const turn = next instanceof Promise ? await next : next;
      const young = nowMs - pending.subscribedAt < YOUNG_MS;
      const tail = nonce === undefined ? undefined : nonceTail(nonce);
      const { consumer } = pending;
      const delivery = deliver(delivering, { consumer, frames, young, turn, tail, endsAtMs });
      deliveries.push(
        delivery.then(
          (delivered) => {
            if (isUnproven(delivered)) unproven.push({ pending, wanted, delivered });
            else record(posted, run, { pending, wanted }, delivered);
          },
          // Thrown after all others have ended: no post may be under way when another worker can claim the unit
          (error: unknown) => {
            failure ??= { error };
          },
        ),
      );
    }
  }

  await postTo(consumers);
  try {
    const late = (await context.unread?.(run.events, consumers)) ?? [];
    await postTo(late.filter(({ format }) => format === "event"));
    // A repeat would show, so that they need a claim: a worker has one
    for (const pending of late.filter(({ format }) => format !== "event")) {
      record(posted, run, { pending, wanted: wantedFrom(pending.format, pending) }, UNSENT);
    }
  } catch (error) {
    failure ??= { error };
  }
  await Promise.all(deliveries);
  while (posted.waiting.length > 0 && !failure) {
    const waiting = posted.waiting.splice(0);
    // The next worker looks them up. A publisher may not read subscriptions of its choice
    if (inline || clock.now() >= deadlineMs) {
      posted.unsent.push(...waiting);
      break;
    }
    const { renewed, unknown, over } = await sortEnded(context, run, waiting);
    ended += over;
    for (const pending of unknown) posted.failed.push({ ...pending, reason: "could not look up renewals" });
    await postTo(renewed);
    await Promise.all(deliveries);
  }
  if (failure) throw failure.error;
  // Another post of this run may have proven by now that the 410s came from the consumers' own API
  for (const { pending, wanted, delivered } of unproven) {
    const isGone = connections.isProven?.(pending.consumer) === true;
    record(posted, run, { pending, wanted }, isGone ? { ...delivered, rest: "gone" } : delivered);
  }
  const [first] = consumers;
  const perSecond = first ? limiterOf(first.consumer).perSecond : Number.POSITIVE_INFINITY;
  const postsPerSecondMax = Number.isFinite(perSecond) ? Math.round(perSecond) : undefined;
  const { waiting: _, ...rest } = posted;
  return {
    ...rest,
    ended,
    totals: { ...meter.totals(), ...(postsPerSecondMax !== undefined && { postsPerSecondMax }) },
  };
}

/** Lies between the deadline and the end of the lease. The time after it is for handing on what failed. */
const giveUpAtMs = ({ deadlineMs, leaseUntilMs }: FanoutContext): number =>
  deadlineMs + (leaseUntilMs - deadlineMs) * WIND_DOWN_POSTING_SHARE;

/** Its own event supersedes what it wants of these, so that nothing is posted to it. */
const NOT_NEEDED: Delivered = { events: Number.POSITIVE_INFINITY, retried: 0, rest: "none" };

const ENDED: Delivered = { events: 0, retried: 0, rest: "ended" };

const UNSENT: Delivered = { events: 0, retried: 0, rest: "unsent" };

const isUnproven = ({ rest }: Delivered): boolean => typeof rest === "object" && rest.unproven === true;

function record(
  posted: Recorded,
  { attempt }: Run,
  { pending, wanted: { events, frames, latest } }: { pending: PendingConsumer; wanted: Wanted },
  { rest, ...delivered }: Delivered,
): void {
  const last = events.length - 1;
  // Superseded events share the fate of the newest one: all of them are delivered, or are left for another attempt
  const done = latest && delivered.events > 0 ? events.length : delivered.events;
  // Retries are not recorded by frame: they count at the event where the consumer stopped, or at the last one
  const stopped = latest ? last : Math.min(done, last);
  events.forEach(({ offset }, index) => {
    const count = posted.counts.get(offset);
    if (!count) return;
    if (index === stopped) count.retried += delivered.retried;
    // Counted when it is known whether the subscription was renewed. If it is over, it was none of the event's consumers
    if (rest === "ended" && index >= done) return;
    count.consumers += 1;
    if (attempt > 1 && (latest ? index === last && frames.length > 0 : true)) count.retried += 1;
    if (index < done) count.delivered += 1;
    else if (rest === "gone") count.gone += 1;
  });
  const next = events[done];
  if (rest === "none" && frames.length > 0 && pending.abandonments) posted.recovered.push(pending);
  if (rest === "gone") {
    posted.gone.push(pending.consumer);
    if (pending.member) posted.goneMembers = [...(posted.goneMembers ?? []), pending.consumer];
  }
  if (rest === "none" || rest === "gone" || !next) return;
  const from = next.offset;
  if (rest === "ended") posted.waiting.push({ ...pending, from });
  else if (rest === "unsent") posted.unsent.push({ ...pending, from });
  else if (rest.retryable) posted.failed.push({ ...pending, from, reason: rest.reason, ...byConsumer(rest) });
  else posted.refused.push({ ...pending, from, reason: rest.reason });
}

const byConsumer = ({ byConsumer }: DeliveryFailure): Pick<FailedConsumer, "byConsumer"> =>
  byConsumer ? { byConsumer } : {};
