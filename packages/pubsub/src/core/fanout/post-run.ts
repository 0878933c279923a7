import { type Delivered, deliver } from "../delivery/deliver.ts";
import { createPostMeter } from "../delivery/post-meter.ts";
import { type EventsFrame, framesOf } from "../frames.ts";
import type { PostTotals, PublicationName } from "../pipeline-events.ts";
import type { Consumer, Format, StoredEvent } from "../types.ts";
import type { PendingConsumer } from "./message.ts";
import type { FanoutContext } from "./worker.ts";

/**
 * How long after it subscribed a connection's 410 is not believed: a subscription written in `$connect` is
 * there before the connection can be posted to.
 */
const YOUNG_MS = 30_000;

/** How much of the time after the deadline the posts that are under way may take. */
const WIND_DOWN_POSTING_SHARE = 3 / 4;

export interface Run {
  topicId: string;
  epoch: string;
  events: readonly StoredEvent[];
  /** From 1; above, every post repeats an earlier one. */
  attempt: number;
}

export const publicationName = (
  { topicId, epoch }: Run,
  { publicationId, offset }: StoredEvent,
): PublicationName => ({ topicId, publicationId, epoch, offset });

export interface Posted {
  /** For each offset, how many consumers were posted it, are gone, or needed how many posts more than one. */
  counts: Map<number, { consumers: number; delivered: number; gone: number; retried: number }>;
  totals: PostTotals;
  gone: Consumer[];
  /** Not reached in time; their attempt is not used up. */
  unsent: PendingConsumer[];
  /** To be tried again later. */
  failed: (PendingConsumer & { reason: string })[];
  /** Never to succeed with this frame. */
  refused: (PendingConsumer & { reason: string })[];
}

/** Posts a run of events to consumers, each from where it stands. */
export async function postRun(
  context: FanoutContext,
  run: Run,
  consumers: readonly PendingConsumer[],
): Promise<Posted> {
  const { clock, deadlineMs, limiterOf } = context;
  const wantedFrom = cachedWants(run);
  const counts = new Map(
    run.events.map(({ offset }) => [offset, { consumers: 0, delivered: 0, gone: 0, retried: 0 }]),
  );
  const posted = { counts, gone: [], unsent: [], failed: [], refused: [] } as Omit<Posted, "totals">;
  const meter = createPostMeter();
  const delivering = { ...context, meter, giveUpAtMs: giveUpAtMs(context) };
  const nowMs = clock.now();
  const deliveries: Promise<void>[] = [];
  let failure: { error: unknown } | undefined;
  for (const pending of consumers) {
    const wanted = wantedFrom(pending.format, pending.from);
    const { frames } = wanted;
    if (frames.length === 0) continue;
    if (clock.now() >= deadlineMs) {
      record(posted, run, { pending, wanted }, UNSENT);
      continue;
    }
    const turn = limiterOf(pending.consumer).acquire();
    if (turn) await turn;
    const young = nowMs - pending.subscribedAt < YOUNG_MS;
    const delivery = deliver(delivering, { consumer: pending.consumer, frames, young });
    deliveries.push(
      delivery.then(
        (delivered) => record(posted, run, { pending, wanted }, delivered),
        // Thrown once all others have ended: no post may be under way when the unit is free again
        (error: unknown) => {
          failure ??= { error };
        },
      ),
    );
  }
  await Promise.all(deliveries);
  if (failure) throw failure.error;
  return { ...posted, totals: meter.totals() };
}

/** Between the last post that begins and the end of the lease: the rest of the time is for handing on what failed. */
const giveUpAtMs = ({ deadlineMs, leaseUntilMs }: FanoutContext): number =>
  deadlineMs + (leaseUntilMs - deadlineMs) * WIND_DOWN_POSTING_SHARE;

const UNSENT: Delivered = { events: 0, retried: 0, rest: "unsent" };

/** What a consumer still has to get: the events, and the frames that bring them. */
interface Wanted {
  events: readonly StoredEvent[];
  frames: readonly EventsFrame[];
}

/** What is wanted from an offset on, encoded once for everybody who stands there. */
function cachedWants({ topicId, epoch, events }: Run): (format: Format, from: number) => Wanted {
  const cache = { data: new Map<number, Wanted>(), event: new Map<number, Wanted>() };
  return (format, from) => {
    const known = cache[format].get(from);
    if (known) return known;
    const rest = events.filter(({ offset }) => offset >= from);
    const wanted = { events: rest, frames: framesOf(format, topicId, epoch, rest) };
    cache[format].set(from, wanted);
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
    // Which of its posts were made again is not kept apart: they count where the consumer stopped, or ended
    const stopped = index === Math.min(delivered.events, events.length - 1);
    if (stopped) count.retried += delivered.retried;
  });
  const next = events[delivered.events];
  if (rest === "gone") posted.gone.push(pending.consumer);
  if (rest === "none" || rest === "gone" || !next) return;
  const from = next.offset;
  if (rest === "unsent") posted.unsent.push({ ...pending, from });
  else if (rest.retryable) posted.failed.push({ ...pending, from, reason: rest.reason });
  else posted.refused.push({ ...pending, from, reason: rest.reason });
}
