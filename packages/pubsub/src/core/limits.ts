/** What the services and this library put bounds on, each with its source. */

/** API Gateway: the largest WebSocket message, either way; a larger post answers 413. Not adjustable. */
export const MESSAGE_BYTES_MAX = 131_072;

/**
 * API Gateway meters messages in steps of 32 KB and cuts a client that sends a larger frame (close 1009). So
 * frames are filled up to here and no further, and a client's frame is not read beyond it.
 */
export const FRAME_BYTES_METERED = 32_768;

/** API Gateway cuts a connection after two hours, whatever it does. Not adjustable. */
export const CONNECTION_SECONDS_MAX = 7_200;

/** Ours: how long a token of a SUBSCRIBE may be, in UTF-16 units. Room for a JWT of dozens of topics. */
export const TOKEN_LENGTH_MAX = 4_096;

/**
 * Ours: how long the post of an answer to a client's frame, or of a replayed frame, may take. Our client waits as long
 * for an answer, and API Gateway gives up on the integration after 29 s.
 */
export const REPLY_MS_MAX = 10_000;

/** Ours: how many events one append, one fan-out message and one pass over the index carry. */
export const EVENTS_PER_RUN_MAX = 40;

/**
 * Ours: how long a reader of dead letters keeps them from others. A reader that dies delays the next one by this; one
 * that takes longer only shows the letter to somebody else too.
 */
export const DEAD_LETTER_HOLD_MS = 20_000;
