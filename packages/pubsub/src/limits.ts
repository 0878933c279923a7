/** What the services and this library put bounds on, each with its source. */

/** API Gateway: the largest WebSocket message, either way; a larger post answers 413. Not adjustable. */
export const MESSAGE_BYTES_MAX = 131_072;

/**
 * API Gateway meters messages in steps of 32 KB and cuts a client that sends a larger frame (close 1009). So
 * frames are filled up to here and no further, and a client's frame is not read beyond it.
 */
export const FRAME_BYTES_METERED = 32_768;

/** Ours: keeps every key under DynamoDB's 1,024 bytes for a range key, with room for its prefix. */
export const ID_BYTES_MAX = 512;

/** API Gateway cuts a connection after two hours, whatever it does. Not adjustable. */
export const CONNECTION_SECONDS_MAX = 7_200;

/** A subscription outlives its connection by this much at the most; `$disconnect` is only best effort. */
export const SUBSCRIPTION_GRACE_SECONDS = 600;

/** How long the log keeps an event unless the configuration says otherwise. */
export const EVENT_RETENTION_SECONDS_DEFAULT = 86_400;

/** Ours: from one second to a year. */
export const EVENT_RETENTION_SECONDS_MAX = 31_536_000;

/** Ours: how long a request id a client may make us echo. */
export const REQUEST_ID_LENGTH_MAX = 128;

/** Ours: how many topics one heartbeat may name. */
export const POSITIONS_MAX = 100;

/** Ours: how long a token of a SUBSCRIBE may be, in UTF-16 units. Room for a JWT of dozens of topics. */
export const TOKEN_LENGTH_MAX = 4_096;

/** Ours: how many topics one connection may be subscribed to by its own frames, unless the handler says otherwise. */
export const SUBSCRIPTIONS_MAX_DEFAULT = 100;

/** Ours: what one connection may send, unless the handler says otherwise, and how many seconds' worth at once. */
export const FRAMES_PER_SECOND_MAX_DEFAULT = 50;
export const FRAMES_BURST_SECONDS = 10;

/**
 * Ours: how long an `authorize` hook may take unless the handler says otherwise. Half of what our client waits for
 * an answer, and well below the 29 s after which API Gateway gives up on an integration.
 */
export const AUTHORIZE_MS_MAX_DEFAULT = 5_000;

/**
 * Ours: how long the post of an answer to a client's frame, or of a replayed frame, may take. Our client waits as long
 * for an answer, and API Gateway gives up on the integration after 29 s.
 */
export const REPLY_MS_MAX = 10_000;

/** Ours: how many events, and bytes as sent, one client's frame may have replayed. Past that, its history is gone. */
export const RECOVERY_EVENTS_MAX = 1_000;
export const RECOVERY_BYTES_MAX = 1_048_576;

/** Ours: how many events one append, one fan-out message and one pass over the index carry. */
export const EVENTS_PER_RUN_MAX = 40;

/** SQS meters in steps of 64 KB; payloads beyond this are read from the log instead of travelling along. */
export const INLINE_PAYLOAD_BYTES_MAX = 49_152;

/**
 * Ours: how long a reader of dead letters keeps them from others. A reader that dies delays the next one by this; one
 * that takes longer only shows the letter to somebody else too.
 */
export const DEAD_LETTER_HOLD_MS = 20_000;

/** Ours: how long it keeps those that it sees a second time: there are more than it can read within a hold. */
export const DEAD_LETTER_HOLD_AGAIN_MS = 300_000;
