import { EVENTS_PER_RUN_MAX } from "../../../packages/pubsub/src/core/limits.ts";
import type { LineOf } from "../lines.ts";
import { type Facts, hasDelivery, isClient, placeOf, type Subscriber } from "./facts.ts";
import type { Violation } from "./violation.ts";

export interface RawVerdict {
  violations: Violation[];
  deliveries: number;
  lost: number;
  duplicated: number;
  abandoned: number;
}

type Post = LineOf<"post">;

/** A fault that hits a worker up to this long after a post can cause a repeated unit. It covers an invocation. */
const AFTER_MS = 7_000;
/** After a clock was changed, leases can be wrong for this time: the length of a storm plus the longest lease. */
const CLOCK_MS = 20_000;
/** A fault that hit a worker up to this long before a post can cause a repeat of the post's unit. */
const BEFORE_MS = { short: 1_500, lasting: 10_000, endless: Number.POSITIVE_INFINITY };

/**
 * A subscriber of the data format must receive each publication at least once, or the ledger and the dead-letter queue
 * must name it. That holds if it subscribed before the publication by more than the index lags and has not left. It may
 * receive a duplicate only if the response of the first post was lost, or if a fault hit the worker that made the post or
 * one that sent the post's part.
 */
export function checkRaws(facts: Facts, indexLagMs: number): RawVerdict {
  const verdict: RawVerdict = { violations: [], deliveries: 0, lost: 0, duplicated: 0, abandoned: 0 };
  const byTopic = Map.groupBy(facts.publications.values(), ({ topic }) => topic);
  for (const subscriber of facts.subscribers.values()) {
    if (isClient(subscriber.who)) continue;
    const got = facts.received.get(subscriber.who) ?? [];
    verdict.deliveries += got.length;
    const times = new Map<string, number>();
    for (const { m } of got) times.set(m, (times.get(m) ?? 0) + 1);
    for (const [m, count] of times) {
      if (count > 1) repeated(facts, subscriber, m, count, verdict);
      if (facts.eventOf.get(m)?.topic !== subscriber.topic) {
        const found = `received ${m}, which its topic's log does not have`;
        verdict.violations.push({ promise: "raw", who: subscriber.who, topic: subscriber.topic, m, found });
      }
    }
    if (subscriber.left) continue;
    for (const { m, beganMs, accepted } of byTopic.get(subscriber.topic) ?? []) {
      if (!accepted || beganMs <= subscriber.subscribedMs + indexLagMs || times.has(m)) continue;
      missing(facts, subscriber, { m, ...accepted }, verdict);
    }
  }
  return verdict;
}

function missing(
  { abandoned, unread, dead, redriven }: Facts,
  { who, topic }: Subscriber,
  { m, ...place }: { m: string; epoch: string; offset: number },
  verdict: RawVerdict,
): void {
  const key = `${topic} ${placeOf(place)} ${who}`;
  // If only one of the two names the delivery, `checkAbandonments` reports that
  if (unread.has(key) || dead.has(key) || (abandoned.has(key) && !redriven.has(key))) {
    verdict.abandoned += 1;
    return;
  }
  verdict.lost += 1;
  verdict.violations.push({ promise: "raw", who, topic, m, found: `never received ${placeOf(place)}` });
}

function repeated(
  facts: Facts,
  { who, topic }: Subscriber,
  m: string,
  count: number,
  verdict: RawVerdict,
): void {
  verdict.duplicated += count - 1;
  const delivered = (facts.posts.get(`${who} ${m}`) ?? [])
    .filter((post) => post.delivered)
    .toSorted((a, b) => a.at - b.at);
  const work = workOfRun(facts, who, m);
  for (const [index, first] of delivered.entries()) {
    const second = delivered[index + 1];
    if (!second || isExcused(facts, work, first, second)) continue;
    const found = `received ${m} ${count} times, by ${first.caller} and ${second.caller}, and no worker that posted it before was disturbed`;
    verdict.violations.push({ promise: "raw", who, topic, m, found });
  }
}

/** Something that a worker did for a delivery. */
interface Work {
  at: number;
  caller: string;
}

/**
 * Returns the posts of the events that could be in one run with `m`, and the parts with these posts that were sent. A
 * worker posts a run's events one after the other.
 */
function workOfRun({ eventOf, log, posts, sent }: Facts, who: string, m: string): Work[] {
  const event = eventOf.get(m);
  if (!event) return [];
  const run = (log.get(event.topic) ?? []).filter(
    ({ epoch, offset }) =>
      epoch === event.epoch && offset <= event.offset && offset > event.offset - EVENTS_PER_RUN_MAX,
  );
  const parts = (sent.get(event.topic) ?? []).filter((part) => hasDelivery(part, event, who));
  return [...run.flatMap((one) => posts.get(`${who} ${one.m}`) ?? []), ...parts];
}

function isExcused(
  { mishaps, clockSteps }: Facts,
  work: readonly Work[],
  first: Post,
  second: Post,
): boolean {
  // The response of the first post was lost or incomplete
  if (first.status === 0) return true;
  // After a change of its clock, a worker can take a valid lease for expired, or write one that has already expired
  const steps = [first, second].flatMap(({ caller }) => clockSteps.get(caller) ?? []);
  if (steps.some((at) => at >= first.at - CLOCK_MS && at <= second.at)) return true;
  // A worker that posted events of the run, even without success, or sent a part, may have ended before it recorded its
  // unit as done. Then the unit is repeated, perhaps with other consumers, and also the parts that it handed on
  return work.some((done) => {
    if (done === second || done.at > second.at) return false;
    return (mishaps.get(done.caller) ?? []).some(
      ({ at, effect }) => at >= done.at - BEFORE_MS[effect] && at <= done.at + AFTER_MS,
    );
  });
}
