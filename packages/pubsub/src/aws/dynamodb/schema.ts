/**
 * The table's keys. Only this file builds and parses the key strings of its items. It imports nothing, because the
 * infrastructure code imports it too.
 *
 * | item               | p                                              | u                             | p2              |
 * | ------------------ | ---------------------------------------------- | ----------------------------- | --------------- |
 * | subscription       | `consumer#{domainName}/{stage}/{connectionId}` | `topic#{topicId}`             | `topic#{topicId}`, or another shard of it |
 * | connection         | `consumer#{domainName}/{stage}/{connectionId}` | `connection`                  | `user#{userId}` |
 * | ended connection   | `consumer#{domainName}/{stage}/{connectionId}` | `ended`                       | –               |
 * | user's connection  | `user#{userId}`                                | `consumer#…`                  | –               |
 * | revocation         | `consumer#…`, or `user#{userId}`               | `revoked`, `revoked#{topicId}` | –              |
 * | what it has cost   | `spending#{domainName}/{stage}/{connectionId}` | `spending`, `spending#work`   | –               |
 * | removed consumer   | `topic#{topicId}`                              | `revoked#{domainName}/…`      | –               |
 * | who left           | `topic#$members/{topicId}`                     | `left#{userId}`               | –               |
 * | tick that is due   | `topic#$members/{topicId}`                     | `tick#soon`, `tick#late`      | –               |
 * | event              | `topic#{topicId}`                              | `event#{epoch}#{offset}`      | –               |
 * | idempotency record | `topic#{topicId}`                              | `publication#{publicationId}` | –               |
 * | epoch record       | `topic#{topicId}`                              | `epoch`                       | –               |
 * | a topic's shards   | `topic#{topicId}`                              | `shards`                      | `topic#{topicId}` |
 * | fan-out ledger     | `fanout#{topicId}#{epoch}#{offset}`            | `page#…`, `abandoned#…`       | –               |
 * | ledger of runs     | `fanout#{topicId}#{epoch}#{0}`                 | `run#{last offset}#…`         | –               |
 *
 * The old package of this name wrote subscriptions as `p` = `{topicId}`, `u` = `p2` =
 * `{domainName}/{stage}/{connectionId}`. They are read only with the option `legacySubscriptions`.
 *
 * The subscriptions to a hot topic are spread over several keys of the index, its shards (docs/decisions/0051). The key of
 * shard 0 is the topic's own, so that a topic with one shard has no other keys than before there were shards. Those of the
 * others have a control character, which no id has, after the id.
 *
 * An idempotency record names where its event is or is to be. At an event's key there can be a fence: a row without data
 * that keeps the place empty (docs/decisions/0032).
 *
 * A key contains an id unchanged, either as its last part or followed only by parts of a fixed alphabet without `#`. So
 * no id can produce the key of another item.
 */
export const TABLE = {
  hashKey: "p",
  rangeKey: "u",
  index: { name: "SecondaryIndex", hashKey: "p2" },
  ttlAttribute: "expiresAt",
} as const;

/** What the keys of all consumers begin with. */
export const CONSUMER_KEY_START = "consumer#";
const USER = "user#";
const TOPIC = "topic#";
const LEDGER = "fanout#";
const SPENDING = "spending#";
const REVOKED = "revoked";
const PAGE = "page#";
const ABANDONED = "abandoned#";
const RUN = "run#";

/** What the hash keys of each kind of row begin with. The permissions of the roles are limited by it. */
export const ROWS: Readonly<Record<"consumer" | "user" | "topic" | "ledger" | "spending", string>> = {
  consumer: CONSUMER_KEY_START,
  user: USER,
  topic: TOPIC,
  ledger: LEDGER,
  spending: SPENDING,
};

/** What the hash keys of the rows of all members topics begin with. */
export const MEMBERS_ROWS: string = `${TOPIC}$members/`;
/** All attributes of the rows that say who left, and which ticks are due. Who may write only these cannot write an event. */
export const PRESENCE_ATTRIBUTES = ["p", "u", "info", "since", "dueAt", "expiresAt"] as const;

/** The digits of Number.MAX_SAFE_INTEGER. With this many digits, offsets sort as strings as they do as numbers. */
const OFFSET_DIGITS = 16;

export interface ConsumerKeyParts {
  domainName: string;
  stage: string;
  connectionId: string;
}

export const EPOCH_RECORD_KEY = "epoch";
/** In a topic's partition: how many shards it has. It sorts after its events. */
export const SHARDS_KEY = "shards";
/** All attributes of an epoch record. Who may write only these can open an epoch, and not write an event. */
export const EPOCH_RECORD_ATTRIBUTES = ["p", "u", "epoch", "used", "expiresAt"] as const;
/** All attributes of a removed consumer. Who may write only these can write no event either. */
export const REMOVED_ATTRIBUTES = ["p", "u", "revokedAt", "expiresAt"] as const;
export const SPENDING_KEY = { all: "spending", work: "spending#work" } as const;

/** The range keys of a connection's rows that are not subscriptions. They sort before `topic#`. */
export const CONNECTION_KEY = "connection";
export const ENDED_KEY = "ended";

/** The range of a topic's events, over all its epochs. `$` is the character after `#`. */
export const EVENT_KEY_RANGE = { from: "event#", to: "event$" } as const;

export const consumerKey = (consumer: ConsumerKeyParts): string =>
  `${CONSUMER_KEY_START}${idParts(consumer)}`;

/** A partition of its own, so that a role can be allowed to count what a connection costs and not to subscribe it. */
export const spendingKey = (consumer: ConsumerKeyParts): string => `${SPENDING}${idParts(consumer)}`;

const idParts = ({ domainName, stage, connectionId }: ConsumerKeyParts): string =>
  `${domainName}/${stage}/${connectionId}`;

export const topicKey = (topicId: string): string => `${TOPIC}${topicId}`;

/** Unit Separator: a control character, so that no topic's id contains it. */
const SHARD_SEPARATOR = "\u001f";

/** The key of the index under which a shard of a topic is. */
export const shardKey = (topicId: string, shard: number): string =>
  shard === 0 ? topicKey(topicId) : `${topicKey(topicId)}${SHARD_SEPARATOR}${shard}`;

export const userKey = (userId: string): string => `${USER}${userId}`;

/** The revocation of one topic, or of all. It sorts before `topic#`. */
export const revokedKey = (topicId?: string): string =>
  topicId === undefined ? REVOKED : `${REVOKED}#${topicId}`;

/** In a topic's partition: a consumer whose subscription a revocation removed. Without an id: what all begin with. */
export const removedKey = (consumerId: string): string => `${REVOKED}#${consumerId}`;

export const parseRemovedKey = (key: string): string | undefined =>
  key.startsWith(removedKey("")) ? key.slice(removedKey("").length) : undefined;

/** In a members topic's partition: a user who left. Without an id: what all begin with. */
export const leftKey = (userId: string): string => `left#${userId}`;

export const parseLeftKey = (key: string): string | undefined =>
  key.startsWith(leftKey("")) && key.length > leftKey("").length ? key.slice(leftKey("").length) : undefined;

export const tickKey = (slot: "soon" | "late"): string => `tick#${slot}`;

export const eventKey = (epoch: string, offset: number): string =>
  `event#${epoch}#${String(offset).padStart(OFFSET_DIGITS, "0")}`;

export const publicationKey = (publicationId: string): string => `publication#${publicationId}`;

export const ledgerKey = (topicId: string, epoch: string, offset: number): string =>
  `${LEDGER}${topicId}#${epoch}#${String(offset).padStart(OFFSET_DIGITS, "0")}`;

/** The records of runs of all offsets, in their order. No event is at offset 0, so no publication's ledger is here. */
export const ledgerRunsKey = (topicId: string, epoch: string): string => ledgerKey(topicId, epoch, 0);

/** Sorts by the run's last offset. `name` tells runs apart that end at the same offset. Without it: where they begin. */
export const ledgerRunKey = (lastOffset: number, name = ""): string =>
  `${RUN}${String(lastOffset).padStart(OFFSET_DIGITS, "0")}#${name}`;

export const ledgerPageKey = (unit: string): string => `${PAGE}${unit}`;

export const ledgerAbandonedKey = (unit: string): string => `${ABANDONED}${unit}`;

/** Splits at the first two slashes. A connection id can contain `/`, but a domain name and a stage cannot. */
export function parseConsumerKey(key: string): ConsumerKeyParts | undefined {
  const match = /^consumer#([^/]+)\/([^/]+)\/(.+)$/s.exec(key);
  const [, domainName, stage, connectionId] = match ?? [];
  return domainName && stage && connectionId ? { domainName, stage, connectionId } : undefined;
}

/**
 * Returns the hash key of the old package's subscriptions to a topic. Returns undefined if the topic's id looks like
 * the hash key of one of our items, because a query there would read another topic's log.
 */
export const legacyTopicKey = (topicId: string): string | undefined =>
  Object.values(ROWS).some((prefix) => topicId.startsWith(prefix)) ? undefined : topicId;

/**
 * Returns the `u` and `p2` of the old package's subscriptions. Returns undefined for a domain name with `#`, which no
 * API has. Our own range keys with a slash have a `#` before it, so the two can't be equal.
 */
export const legacyConsumerKey = ({
  domainName,
  stage,
  connectionId,
}: ConsumerKeyParts): string | undefined =>
  domainName.includes("#") ? undefined : `${domainName}/${stage}/${connectionId}`;

export function parseLegacyConsumerKey(key: string): ConsumerKeyParts | undefined {
  const parts = parseConsumerKey(`${CONSUMER_KEY_START}${key}`);
  return parts?.domainName.includes("#") ? undefined : parts;
}

export function parseTopicKey(key: string): string | undefined {
  return key.startsWith(TOPIC) && key.length > TOPIC.length ? key.slice(TOPIC.length) : undefined;
}

export function parseEventKey(key: string): { epoch: string; offset: number } | undefined {
  const match = /^event#([0-9a-z]{9})#(\d{16})$/.exec(key);
  const [, epoch, digits] = match ?? [];
  const offset = Number(digits);
  return epoch && Number.isSafeInteger(offset) ? { epoch, offset } : undefined;
}

export function parseLedgerRowKey(key: string): { row: "page" | "abandoned"; unit: string } | undefined {
  if (key.startsWith(PAGE)) return { row: "page", unit: key.slice(PAGE.length) };
  if (key.startsWith(ABANDONED)) return { row: "abandoned", unit: key.slice(ABANDONED.length) };
  return undefined;
}
