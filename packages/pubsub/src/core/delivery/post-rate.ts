import { refill } from "../refill.ts";

/**
 * A token bucket for the posts that begin in a second. It learns its rate from the posts that the account throttles.
 */
export interface PostRate {
  /** Infinite until the account has throttled. */
  readonly perSecond: number;
  /**
   * Takes a token for a post that begins now and returns 0. Without a token, returns how many milliseconds one takes.
   */
  take(nowMs: number): number;
  giveBack(): void;
  /** Evaluates the posts that ended in a moment: how many the account let pass, and how many it throttled. */
  observe(moment: PostMoment): void;
}

export interface PostMoment {
  nowMs: number;
  elapsedMs: number;
  passed: number;
  /** Throttled, or returned 5xx in a storm. */
  throttled: number;
}

/**
 * The first cut needs at least this share of throttled posts. A smaller share can come from consumers that do not read.
 */
const FIRST_SHARE = 0.05;
/**
 * The first cut sets the rate to this share of the rate that passed, because most posts under way will be throttled
 * too.
 */
const FIRST_CUT = 0.5;
/** Above this share of throttled posts the rate is far too high. It is set at once to the rate that passed. */
const FAR_OVER = 0.2;
/** A share is computed over at least this many posts, so that one throttled post is never a share of 100 %. */
const SHARE_OF_POSTS_MIN = 16;
/** If the rate is about right, this is how long it takes to subtract the whole share of throttled posts from it. */
const CORRECTION_MS = 100;
/** The growth in posts per second, per second: this times the root of the rate, or for a low rate this share of it. */
const GROWTH_OF_ROOT = 5;
const GROWTH_OF_RATE = 0.2;
/** After a cut the rate grows by this share of itself per second, until it reaches the quota again. */
const GROWTH_SEEKING = 1.5;
/** After this long without a throttled post the growth doubles: the quota was raised, or another worker has ended. */
const CALM_MS = 500;
const GROWTH_OF_RATE_MAX = 2;
/** How many posts may begin at once after a pause, in seconds of the rate. API Gateway's bucket holds half a second. */
const BURST_SECONDS = 0.1;
/**
 * The lowest quota of an account is 2,500 requests a second, and no worker's share of it is less than this. A lower
 * rate would also be useless: a moment with so few posts measures nothing, and posts would wait beyond the invocation's
 * end.
 */
const PER_SECOND_MIN = 20;

/**
 * Creates the bucket. Throttled posts lower the rate, and time raises it. Near the quota the two balance at a share of
 * throttled posts of about 0.5 / √rate, which is 1 % at 2,000 a second. The growth follows the root of the rate and is
 * not proportional to it. So workers that do not know of each other reach the same rate: all see the same share of
 * throttled posts, and a worker with a lower rate grows faster in relation to it.
 */
export function createPostRate(): PostRate {
  let perSecond = Number.POSITIVE_INFINITY;
  let tokens = 0;
  let refilledMs = 0;
  let throttledMs = 0;
  /** Whether a post had to wait for a token in this moment. If none had to, the posts say nothing about the rate. */
  let usedUp = false;
  let seeking = false;

  function growthPerSecond(nowMs: number): number {
    if (seeking) return GROWTH_SEEKING * perSecond;
    const steady = Math.min(GROWTH_OF_RATE * perSecond, GROWTH_OF_ROOT * Math.sqrt(perSecond));
    const calm = (nowMs - throttledMs) / CALM_MS;
    return Math.min(GROWTH_OF_RATE_MAX * perSecond, steady * (1 + calm * calm));
  }

  function adjust({ nowMs, elapsedMs, passed, throttled }: PostMoment): void {
    const passedPerSecond = (Math.max(1, passed) / elapsedMs) * 1_000;
    const share = throttled / Math.max(SHARE_OF_POSTS_MIN, passed + throttled);
    if (perSecond === Number.POSITIVE_INFINITY) {
      if (share < FIRST_SHARE) return;
      perSecond = Math.max(PER_SECOND_MIN, passedPerSecond * FIRST_CUT);
      tokens = 0;
      refilledMs = nowMs;
      seeking = true;
    } else if (share > FAR_OVER) {
      const cut = Math.max(PER_SECOND_MIN, passedPerSecond, perSecond * (1 - share));
      perSecond = Math.min(perSecond, cut);
      tokens = Math.min(tokens, 0);
      seeking = true;
    } else {
      if (throttled > 0) seeking = false;
      const correction = perSecond * share * Math.min(1, elapsedMs / CORRECTION_MS);
      const growth = usedUp ? (growthPerSecond(nowMs) * elapsedMs) / 1_000 : 0;
      perSecond = Math.max(PER_SECOND_MIN, perSecond - correction + growth);
    }
  }

  return {
    get perSecond() {
      return perSecond;
    },
    take(nowMs) {
      if (perSecond === Number.POSITIVE_INFINITY) return 0;
      const burst = Math.max(1, perSecond * BURST_SECONDS);
      tokens = refill({ tokens, atMs: refilledMs }, { perSecond, burst }, nowMs);
      refilledMs = nowMs;
      if (tokens < 1) {
        usedUp = true;
        return ((1 - tokens) / perSecond) * 1_000;
      }
      tokens -= 1;
      return 0;
    },
    giveBack() {
      tokens += 1;
    },
    observe(moment) {
      if (moment.throttled > 0) throttledMs = moment.nowMs;
      adjust(moment);
      usedUp = false;
    },
  };
}
