import { PubsubError } from "../errors.ts";
import { utf8Length } from "../utf8.ts";

/** Where a reader of several shards is. */
export interface ShardsCursor {
  /** How many shards it reads. Their number when it found the marker: rows in others are newer than its read. */
  shards: number;
  /** The shards that it has begun and not finished. */
  open: readonly OpenShard[];
  /** The first shard that it has not begun. */
  next: number;
}

export interface OpenShard {
  shard: number;
  /** The hash key of the last row that it has read. Absent at the beginning of the shard. */
  after?: string | undefined;
}

/** Our own limit: so many shards are read side by side. A cursor names each of them. */
export const SHARDS_AT_ONCE = 8;

/** More than this version writes, so that a later one may write more. */
export const SHARDS_READ_MAX = 1_024;

/** DynamoDB's limit for the bytes of a hash key. */
const KEY_BYTES_MAX = 2_048;

/** Any other cursor is the hash key of a row of shard 0: `consumer#…`, or `topic#…` for the marker. */
const START = "shards#";

/** Returns the cursor of a reader that has just found the marker in shard 0, or in the table. */
export const cursorAfterMarker = (shards: number, after: string | undefined): ShardsCursor => ({
  shards,
  open: after === undefined ? [] : [{ shard: 0, after }],
  next: 1,
});

/** Returns undefined if nothing is left to read. */
export const encodeCursor = ({ shards, open, next }: ShardsCursor): string | undefined =>
  open.length === 0 && next >= shards
    ? undefined
    : START + JSON.stringify([shards, next, open.map(({ shard, after }) => [shard, after ?? ""])]);

/**
 * Whether a cursor can be read from. DynamoDB rejects a key that is empty or too long: without this check a message with
 * such a cursor would fail on every redelivery, and reach the dead-letter queue without a reason.
 */
export function isCursor(value: unknown): value is string {
  if (typeof value !== "string") return false;
  return value.startsWith(START) ? parseCursor(value) !== undefined : isKey(value);
}

/** Returns undefined for a cursor of shard 0. Throws `INVALID_ARGUMENT` if `isCursor` says no. */
export function decodeCursor(cursor: string | undefined): ShardsCursor | undefined {
  if (!cursor?.startsWith(START)) return undefined;
  const decoded = parseCursor(cursor);
  if (decoded) return decoded;
  throw new PubsubError("INVALID_ARGUMENT", "the cursor of a topic with several shards is malformed");
}

function parseCursor(cursor: string): ShardsCursor | undefined {
  const [shards, next, open] = arrayIn(cursor.slice(START.length));
  if (!isWithin(shards, 1, SHARDS_READ_MAX) || !isWithin(next, 0, shards)) return undefined;
  if (!Array.isArray(open) || open.length > SHARDS_AT_ONCE) return undefined;
  const begun = open.map((each: unknown) => openShardIn(each, shards)).filter((each) => each !== undefined);
  return begun.length === open.length ? { shards, next, open: begun } : undefined;
}

function openShardIn(value: unknown, shards: number): OpenShard | undefined {
  const [shard, after] = Array.isArray(value) ? (value as unknown[]) : [];
  if (!isWithin(shard, 0, shards - 1)) return undefined;
  if (after === "") return { shard };
  return isKey(after) ? { shard, after } : undefined;
}

function arrayIn(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

const isKey = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && utf8Length(value) <= KEY_BYTES_MAX;

const isWithin = (value: unknown, min: number, max: number): value is number =>
  Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max;
