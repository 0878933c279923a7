import { type Delivered, type DeliveryFailure, deliver } from "../delivery/deliver.ts";
import { createPostMeter } from "../delivery/post-meter.ts";
import { type EventsFrame, framesOf, withoutEnd } from "../frames.ts";
import { nonceTail } from "../nonce.ts";
import type { PostTotals, PublicationName } from "../pipeline-events.ts";
import type { Consumer, Format, StoredEvent } from "../types.ts";
import type { PendingConsumer } from "./message.ts";
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
}

export const publicationName = (
  { topicId, epoch }: Run,
  { publicationId, offset }: StoredEvent,
): PublicationName => ({ topicId, publicationId, epoch, offset });

export interface Posted {
  /** By offset: how many consumers wanted the event, received it or are gone, and how many posts repeated one. */
  counts: Map<number, { consumers: number; delivered: number; gone: number; retried: number }>;
  totals: PostTotals;
  gone: Consumer[];
  /** No time was left for these; their attempt is not used up. */
  unsent: PendingConsumer[];
  /** These need another attempt later. */
  failed: FailedConsumer[];
  /** A post of this frame to these can never succeed. */
  refused: FailedConsumer[];
  /** These took everything, after deliveries to them had been abandoned. */
  recovered: PendingConsumer[];
}

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
  const { clock, connections, deadlineMs, limiterOf } = context;
  const wantedFrom = cachedWants(run);
  const counts = new Map(
    run.events.map(({ offset }) => [offset, { consumers: 0, delivered: 0, gone: 0, retried: 0 }]),
  );
  const posted = { counts, gone: [], unsent: [], failed: [], refused: [], recovered: [] } as Omit<
    Posted,
    "totals"
  >;
  const meter = createPostMeter();
  const delivering = { ...context, meter, giveUpAtMs: context.giveUpAtMs ?? giveUpAtMs(context) };
  const nowMs = clock.now();
  const deliveries: Promise<void>[] = [];
  const unproven: { pending: PendingConsumer; wanted: Wanted; delivered: Delivered }[] = [];
  let failure: { error: unknown } | undefined;
  for (const pending of consumers) {
    const nonce = pending.format === "event" ? pending.nonce : undefined;
    const wanted = wantedFrom(nonce === undefined ? pending.format : "open event", pending.from);
    const { frames } = wanted;
    if (frames.length === 0) continue;
    if (clock.now() >= deadlineMs) {
      record(posted, run, { pending, wanted }, UNSENT);
      continue;
    }
    const next = limiterOf(pending.consumer).acquire();
    const turn = next instanceof Promise ? await next : next;
    const young = nowMs - pending.subscribedAt < YOUNG_MS;
    const tail = nonce === undefined ? undefined : nonceTail(nonce);
    const delivery = deliver(delivering, { consumer: pending.consumer, frames, young, turn, tail });
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
  await Promise.all(deliveries);
  if (failure) throw failure.error;
  // Another post of this run may have proven by now that the 410s came from the consumers' own API
  for (const { pending, wanted, delivered } of unproven) {
    const isGone = connections.isProven?.(pending.consumer) === true;
    record(posted, run, { pending, wanted }, isGone ? { ...delivered, rest: "gone" } : delivered);
  }
  return { ...posted, totals: meter.totals() };
}

/** Lies between the deadline and the end of the lease. The time after it is for handing on what failed. */
const giveUpAtMs = ({ deadlineMs, leaseUntilMs }: FanoutContext): number =>
  deadlineMs + (leaseUntilMs - deadlineMs) * WIND_DOWN_POSTING_SHARE;

const UNSENT: Delivered = { events: 0, retried: 0, rest: "unsent" };

const isUnproven = ({ rest }: Delivered): boolean => typeof rest === "object" && rest.unproven === true;

/** The events that a consumer still needs, and the frames that contain them. */
interface Wanted {
  events: readonly StoredEvent[];
  frames: readonly EventsFrame[];
}

/** How frames are encoded: in a format, or open at the end, where each consumer gets its nonce. */
type Encoding = Format | "open event";

/** Encodes the events from an offset on once for all consumers that need the same. */
function cachedWants({ topicId, epoch, events }: Run): (encoding: Encoding, from: number) => Wanted {
  const cache: Record<Encoding, Map<number, Wanted>> = {
    data: new Map(),
    event: new Map(),
    "open event": new Map(),
  };
  return (encoding, from) => {
    const known = cache[encoding].get(from);
    if (known) return known;
    const rest = events.filter(({ offset }) => offset >= from);
    const frames = framesOf(encoding === "data" ? "data" : "event", topicId, epoch, rest);
    const wanted = { events: rest, frames: encoding === "open event" ? frames.map(withoutEnd) : frames };
    cache[encoding].set(from, wanted);
    return wanted;
  };
}

function record(
  posted: Omit<Posted, "totals">,
  { attempt }: Run,
  { pending, wanted: { events } }: { pending: PendingConsumer; wanted: Wanted },
  { rest, ...delivered }: Delivered,
): void {
  events.forEach(({ offset }, index) => {
    const count = posted.counts.get(offset);
    if (!count) return;
    count.consumers += 1;
    if (attempt > 1) count.retried += 1;
    if (index < delivered.events) count.delivered += 1;
    else if (rest === "gone") count.gone += 1;
    // Retries are not recorded by frame: they count at the event where the consumer stopped, or at the last one
    const stopped = index === Math.min(delivered.events, events.length - 1);
    if (stopped) count.retried += delivered.retried;
  });
  const next = events[delivered.events];
  if (rest === "none" && pending.abandonments) posted.recovered.push(pending);
  if (rest === "gone") posted.gone.push(pending.consumer);
  if (rest === "none" || rest === "gone" || !next) return;
  const from = next.offset;
  if (rest === "unsent") posted.unsent.push({ ...pending, from });
  else if (rest.retryable) posted.failed.push({ ...pending, from, reason: rest.reason, ...byConsumer(rest) });
  else posted.refused.push({ ...pending, from, reason: rest.reason });
}

const byConsumer = ({ byConsumer }: DeliveryFailure): Pick<FailedConsumer, "byConsumer"> =>
  byConsumer ? { byConsumer } : {};
