import { EVENTS_PER_RUN_MAX } from "../../../packages/pubsub/src/core/limits.ts";
import type { LineOf } from "../lines.ts";
import { type Facts, isClient, placeOf, type Subscriber } from "./facts.ts";
import type { Violation } from "./violation.ts";

export interface RawVerdict {
  violations: Violation[];
  deliveries: number;
  lost: number;
  duplicated: number;
  abandoned: number;
}

type Post = LineOf<"post">;

/** A worker's invocation, and a look at the processes: what befell it within that time of a post may be why. */
const AFTER_MS = 7_000;
/** How long after a clock was set leases may be wrong by it: a storm's length, and the longest lease. */
const CLOCK_MS = 20_000;
/** What befell a worker shortly before a post may be why the unit of that post is done again. */
const BEFORE_MS = 1_500;
/** The same of one that stood still. */
const STILL_MS = 10_000;

/**
 * A subscriber of the data format that was there before a publication, by more than the index lags, and stays, has
 * it at least once, or the ledger and the dead-letter queue name it. Twice only if the answer of the first post was
 * lost, or if something befell the worker that made it.
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
  { abandoned, dead, redriven }: Facts,
  { who, topic }: Subscriber,
  { m, ...place }: { m: string; epoch: string; offset: number },
  verdict: RawVerdict,
): void {
  const key = `${topic} ${placeOf(place)} ${who}`;
  // If only one of them says so, that is a violation of its own
  if (dead.has(key) || (abandoned.has(key) && !redriven.has(key))) {
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
  const posts = postsOfRun(facts, who, m);
  for (const [index, first] of delivered.entries()) {
    const second = delivered[index + 1];
    if (!second || isExcused(facts, posts, first, second)) continue;
    const found = `received ${m} ${count} times, by ${first.caller} and ${second.caller}, and no worker that posted it before was disturbed`;
    verdict.violations.push({ promise: "raw", who, topic, m, found });
  }
}

/** A run is posted event by event, and stops at the first that can't be: the worker that posted that event had this one, too. */
function postsOfRun({ eventOf, log, posts }: Facts, who: string, m: string): Post[] {
  const event = eventOf.get(m);
  if (!event) return [];
  const run = (log.get(event.topic) ?? []).filter(
    ({ epoch, offset }) =>
      epoch === event.epoch && offset <= event.offset && offset > event.offset - EVENTS_PER_RUN_MAX,
  );
  return run.flatMap((one) => posts.get(`${who} ${one.m}`) ?? []);
}

function isExcused(
  { mishaps, clockSteps }: Facts,
  posts: readonly Post[],
  first: Post,
  second: Post,
): boolean {
  // There was no response, or it broke off
  if (first.status === 0) return true;
  // By a clock that was set, one of them took a lease for over, or gave one that was
  const steps = [first, second].flatMap(({ caller }) => clockSteps.get(caller) ?? []);
  if (steps.some((at) => at >= first.at - CLOCK_MS && at <= second.at)) return true;
  // Whoever posted of it, in vain too, and did not live to write it down: the unit is done again, and so is what it handed on
  return posts.some((post) => {
    if (post === second || post.at > second.at) return false;
    return (mishaps.get(post.caller) ?? []).some(
      ({ at, isLasting }) => at >= post.at - (isLasting ? STILL_MS : BEFORE_MS) && at <= post.at + AFTER_MS,
    );
  });
}
