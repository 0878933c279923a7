/** Limits of the services and of this library that several files use, each with its source. */

/** API Gateway: the largest WebSocket message in either direction. A larger post returns 413. Not adjustable. */
export const MESSAGE_BYTES_MAX = 131_072;

/**
 * API Gateway meters messages in steps of 32 KB and disconnects a client that sends a larger frame (close code 1009).
 * So EVENTS messages are filled up to this size, and a client's message is not decoded beyond it.
 */
export const FRAME_BYTES_METERED = 32_768;

/** API Gateway closes every connection after two hours. Not adjustable. */
export const CONNECTION_SECONDS_MAX = 7_200;

/** Our own limit: the length of the token in a SUBSCRIBE, in UTF-16 units. A JWT with dozens of topics fits. */
export const TOKEN_LENGTH_MAX = 4_096;

/**
 * Our own limit: how long the post of a reply or of a replayed frame may take. Our client waits as long for a reply, and
 * API Gateway ends the integration after 29 s.
 */
export const REPLY_MS_MAX = 10_000;

/** Our own limit: how many events one append, one fan-out message and one pass over the index contain. */
export const EVENTS_PER_RUN_MAX = 40;

/**
 * Our own limit: how long a reader of dead letters hides them from other readers. A reader that dies delays the next one
 * by this time. If a reader takes longer, another reader can see the letter as well.
 */
export const DEAD_LETTER_HOLD_MS = 20_000;

/** How far the clocks of the machines that mint and check tokens may differ. A token is accepted this long after its end. */
export const CLOCK_TOLERANCE_SECONDS = 5;

/**
 * How far the clocks of two machines may differ that revoke, mint, decide, subscribe and post. Within this time a decision
 * counts as made before the revocation. It is longer than the tolerance of tokens: a clock that is wrong must not let in
 * who was put out, and the price is only that who is let in again waits for this time.
 */
export const REVOCATION_TOLERANCE_SECONDS = 30;

/** Our own limit: the longest time from a topic token's `iat` to its `exp`, also for tokens that other code minted. */
export const TOKEN_SECONDS_MAX = 86_400;
