/** What bounds this client, with the source of each number. */

/** API Gateway cuts a connection without traffic after 10 minutes. */
export const HEARTBEAT_MS_DEFAULT = 60_000;
export const HEARTBEAT_MS_MAX = 540_000;

/** API Gateway cuts every connection after 2 hours; we move to another one before, each client at its own moment. */
export const CONNECTION_AGE_MS_DEFAULT = 6_600_000;
export const CONNECTION_AGE_MS_MAX = 7_200_000;
export const CONNECTION_AGE_JITTER = 0.1;

/** Longer than a cold start of the websocket handler takes, shorter than a user's patience. */
export const ANSWER_TIMEOUT_MS_DEFAULT = 10_000;

/** A day: no wait that is configured may be longer. */
export const WAIT_MS_MAX = 86_400_000;

/** After a wake-up (online again, page shown) the question is only whether the socket survived. */
export const PROBE_TIMEOUT_MS = 4_000;

/** A handshake waits for the `$connect` integration, which API Gateway gives up on after 29 s. */
export const CONNECT_TIMEOUT_MS = 30_000;

/** The subscription index lags behind the table, usually under a second: then a heartbeat looks what it missed. */
export const SETTLE_MS = 1_500;

/** For the same reason the old connection of a rotation stays a little after the new one took over. */
export const OVERLAP_MS = 2_000;

/** How long an event may wait for the one before it until that is asked for. */
export const REORDER_WINDOW_MS = 250;

/** With so many events waiting behind a hole, it is asked for at once. */
export const REORDER_EVENTS = 100;

/** What waits behind a hole; beyond this the newest are dropped, and asked for again when their turn comes. */
export const BUFFER_EVENTS_MAX = 1_000;
export const BUFFER_CHARS_MAX = 2_097_152;

/** The protocol's: topics a PING may name, and bytes a frame may have, less some room for the frame around them. */
export const POSITIONS_MAX = 100;
export const POSITIONS_BYTES_MAX = 32_000;

/** The protocol's are 512 bytes of UTF-8: no such id has more UTF-16 units. What is longer would not fit a frame. */
export const TOPIC_ID_LENGTH_MAX = 512;

/** Events that an iterator holds for its reader. */
export const ITERATOR_EVENTS_DEFAULT = 1_000;

/**
 * Between connection attempts, and between requests that did not help: of the same recovery, or of a subscription
 * that the server could not serve. A connection that lasted `stableMs` was a good one: longer than one on which
 * nothing was ever answered, or an overloaded server would meet ever new connections without a pause.
 */
export const BACKOFF = { baseMs: 500, maxMs: 30_000, stableMs: 15_000 } as const;
