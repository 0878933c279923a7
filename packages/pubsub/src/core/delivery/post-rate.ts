import { refill } from "../refill.ts";

/** How many posts a second may begin: a token bucket whose rate is learned from what the account throttles. */
export interface PostRate {
  /** Infinite until the account has throttled. */
  readonly perSecond: number;
  /** Takes a token for a post that begins now; answers 0, or in how many milliseconds there will be one. */
  take(nowMs: number): number;
  giveBack(): void;
  /** Looks at the posts that ended in a moment: those that the account let pass, and those that it throttled. */
  observe(moment: PostMoment): void;
}

export interface PostMoment {
  nowMs: number;
  elapsedMs: number;
  passed: number;
  throttled: number;
}

/** Before the account is first held to throttle, this share must be: fewer may be consumers that do not read. */
const FIRST_SHARE = 0.05;
/** Of the rate at which posts ended then: most of what is under way will be throttled too. */
const FIRST_CUT = 0.5;
/** A share of throttled posts above this is no probing any more: the rate is set to what passed, at once. */
const FAR_OVER = 0.2;
/** A share is one of at least so many posts, so that a single post is never all of them. */
const SHARE_OF_POSTS_MIN = 16;
/** How long the whole share of throttled posts takes to come off the rate, when that is about right. */
const CORRECTION_MS = 100;
/** Growth in posts per second and second: this times the root of the rate, or this share of a low rate. */
const GROWTH_OF_ROOT = 5;
const GROWTH_OF_RATE = 0.2;
/** After a cut the rate grows by this share of itself a second, until it meets the quota again. */
const GROWTH_SEEKING = 1.5;
/** So long without anything throttled doubles the growth: the quota was raised, or somebody has left. */
const CALM_MS = 500;
const GROWTH_OF_RATE_MAX = 2;
/** Posts that may begin at once after a pause, in seconds of the rate; API Gateway's bucket holds half a second's. */
const BURST_SECONDS = 0.1;
/**
 * Of 2,500 requests a second, the least that an account has, no worker's share is less. And a lower one is never
 * waited for: a moment of few posts is no measure, and a turn that comes after the invocation's end is none.
 */
const PER_SECOND_MIN = 20;

/**
 * What is throttled comes off the rate, and time adds to it: near the quota the two hold each other at a share of
 * throttled posts of about 0.5 / √rate: 1 % at 2,000 a second. Growth by the root, not in proportion, brings
 * workers that do not know of each other to the same rate: all are throttled alike, and who has less grows faster.
 */
export function createPostRate(): PostRate {
  let perSecond = Number.POSITIVE_INFINITY;
  let tokens = 0;
  let refilledMs = 0;
  let throttledMs = 0;
  /** Whether a post had to wait for a token in this moment: a rate that was not used up was not tried. */
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
