/** The limits of this client, with the source of each number. */

/** The first heartbeat after an event finds soon whether another event was lost. */
export const HEARTBEAT_MS_DEFAULT = 60_000;

/** A PING costs two metered messages and an invocation. Every four minutes, that is $0.03 a month. */
export const HEARTBEAT_MAX_MS_DEFAULT = 240_000;

/** API Gateway closes a connection without traffic after 10 minutes. */
export const HEARTBEAT_MS_MAX = 540_000;

/** API Gateway closes every connection after 2 hours. Each client moves to a new one before, at its own moment. */
export const CONNECTION_AGE_MS_DEFAULT = 6_600_000;
export const CONNECTION_AGE_MS_MAX = 7_200_000;
export const CONNECTION_AGE_JITTER = 0.1;

/** A cold start of the websocket handler takes less time, and users would not wait longer. */
export const ANSWER_TIMEOUT_MS_DEFAULT = 10_000;

/** No configured wait may be longer than a day. */
export const WAIT_MS_MAX = 86_400_000;

/** A PING without positions costs the server no work: a cold start of the websocket handler takes less time. */
export const PROBE_TIMEOUT_MS = 4_000;

/** Wake-ups (online again, page shown) within this time are one. A user may switch tabs many times in a minute. */
export const WAKE_INTERVAL_MS = 10_000;

/** The requests that still wait are sent again within this time after API Gateway said that it could not handle one. */
export const REPEAT_WITHIN_MS = 1_000;

/**
 * A subscription that ends is renewed after this share of its time. The rest is for tokens that fail and for a slow server.
 * Each client renews a little earlier, at its own moment.
 */
export const RENEWAL_SHARE = 0.8;
export const RENEWAL_JITTER = 0.05;

/** The waits between renewals get shorter as long as the end stays the same, but not shorter than this. */
export const RENEWAL_MS_MIN = 1_000;

/** How long a token function may take. Then it is called again, as after an error. */
export const TOKEN_TIMEOUT_MS = 10_000;

/** How often a rejected token is replaced by another one of the same function, before the subscription ends. */
export const TOKEN_RETRIES_MAX = 4;

/** A handshake waits for the `$connect` integration, and API Gateway waits at most 29 s for that. */
export const CONNECT_TIMEOUT_MS = 30_000;

/**
 * A wake-up replaces a handshake that is older: it may hang because the network was away. A younger one began with the
 * same wake-up, which browsers report by several events, or needs the usual time of a handshake.
 */
export const YOUNG_ATTEMPT_MS = 1_000;

/**
 * How long a connection without subscriptions stays open. API Gateway charges for its minutes, and a handshake costs an
 * invocation and a wait: a user who goes from one page to the next should not pay for either.
 */
export const IDLE_TIMEOUT_MS_DEFAULT = 30_000;

/**
 * After this, a PING asks for events that a new subscription missed: the index lags the table, usually by less than a
 * second, and the server may compare with an end of the log that it read up to a second before.
 */
export const SETTLE_MS = 2_000;

/** For the same reason a rotation keeps the old connection open for a moment after the new one took over. */
export const OVERLAP_MS = 2_000;

/** How long an event waits for the one before it until the client asks the server for that one. */
export const REORDER_WINDOW_MS = 250;

/** When this number of events wait after a hole, the client asks the server at once. */
export const REORDER_EVENTS = 100;

/** How much may wait after a hole. Beyond this the client drops the newest events, and asks for them again later. */
export const BUFFER_EVENTS_MAX = 1_000;
export const BUFFER_CHARS_MAX = 2_097_152;

/** Protocol limits: topics in one PING, and bytes in one frame, less some room for the rest of the frame. */
export const POSITIONS_MAX = 100;
export const POSITIONS_BYTES_MAX = 32_000;

/** The protocol allows 512 bytes of UTF-8, and such an id has at most as many UTF-16 units. */
export const TOPIC_ID_LENGTH_MAX = 512;

/** The protocol limits a publication id as it does a topic id. */
export const PUBLICATION_ID_LENGTH_MAX = 512;

/**
 * API Gateway closes a connection whose client sends a larger frame, with the code 1009. The nonce and the request id, which
 * the link adds, take some of it.
 */
export const PUBLISH_BYTES_MAX = 32_768;
export const PUBLISH_LABELS_BYTES = 68;

/** What may wait for a connection or a response. At 2 publications a second this is an hour, or as much as 32 full frames. */
export const QUEUE_COUNT_DEFAULT = 1_000;
export const QUEUE_BYTES_DEFAULT = 1_048_576;
export const QUEUE_MAX = 1_073_741_824;

/** How often a publication is sent. With the delays of a topic, and if the server responds, this takes about half a minute. */
export const PUBLISH_TRIES_MAX = 10;

/** The protocol's limit. */
export const LAST_MAX = 1_000;

/** The protocol's limit for what a user says about itself, as JSON. */
export const INFO_BYTES_MAX = 1_024;

/** How long `load` may take. */
export const LOAD_TIMEOUT_MS = 30_000;

/** How many events an iterator holds for its reader. */
export const ITERATOR_EVENTS_DEFAULT = 1_000;

/**
 * The delays between connection attempts, and between the requests of one recovery. A connection that lasted `stableMs`
 * resets the delays. `stableMs` is longer than a connection without any response lasts: otherwise clients would reconnect
 * to an overloaded server without a pause.
 */
export const BACKOFF = { baseMs: 500, maxMs: 30_000, stableMs: 15_000 } as const;

/**
 * The same for a subscription that the server could not serve, or that got no token. After an outage a user waits at most
 * for this long, and the connection is open already.
 */
export const TOPIC_BACKOFF = { baseMs: 500, maxMs: 10_000 } as const;
