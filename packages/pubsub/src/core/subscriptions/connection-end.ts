import { CONNECTION_SECONDS_MAX } from "../limits.ts";

/**
 * A subscription lives this much longer than a connection can. It must expire by itself, because `$disconnect` is only
 * best effort.
 */
const SUBSCRIPTION_GRACE_SECONDS = 600;

const LIFE_SECONDS = CONNECTION_SECONDS_MAX + SUBSCRIPTION_GRACE_SECONDS;

/** Returns when a connection that exists now has ended for sure, in seconds since 1970. */
export const connectionEndSeconds = (nowMs: number): number => Math.ceil(nowMs / 1_000) + LIFE_SECONDS;
