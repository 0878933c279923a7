import { REVOCATION_TOLERANCE_SECONDS } from "../../core/limits.ts";
import { SHARDS_READ_MAX } from "../../core/subscriptions/shard-cursor.ts";
import { guarded } from "../sdk/aws-failure.ts";
import { unlessChanged } from "./abandonments.ts";
import { type Item, number, readNumber, text } from "./attributes.ts";
import { PutItemCommand, QueryCommand } from "./commands.ts";
import { SHARDS_KEY, topicKey } from "./schema.ts";
import type { DynamodbTable } from "./table.ts";

/** The row that says how many shards a topic has. A topic without this row has one. docs/decisions/0051 */
export interface ShardMarker {
  /** Readers read all of these. It never becomes less. */
  shards: number;
  /** Until `growsAtMs` writers use only these, because a reader may not know the others yet. */
  before: number;
  /** Absent until somebody has seen that the row is written: then readers begin to find it. Milliseconds since 1970. */
  growsAtMs?: number;
}

/**
 * Our own limit: 32 keys take 32,000 subscriptions a second. API Gateway lets 500 connections a second begin, unless AWS
 * raises that quota. Each publication reads every shard, so more of them would cost more than they are for.
 */
export const SHARDS_MAX = 32;

/** Our assumption: after this time every reader of the index sees a row. AWS names no limit, and usually it is below a second. */
const INDEX_LAG_MS = 60_000;

/**
 * Writers may use the new shards only this long after the row is written. The clock that sets the time may be 30 s behind
 * the true time, and a writer's 30 s ahead of it; then the index has a minute to show the row. What writers have in their
 * caches takes no part of it: an older row names fewer shards, and those are always read.
 */
export const GROWTH_MARGIN_MS: number = 2 * REVOCATION_TOLERANCE_SECONDS * 1_000 + INDEX_LAG_MS;

export function readMarker(item: Item | undefined): ShardMarker | undefined {
  const shards = readNumber(item, "shards");
  if (shards === undefined || shards < 1 || shards > SHARDS_READ_MAX) return undefined;
  const before = readNumber(item, "shardsBefore") ?? 1;
  const growsAtMs = readNumber(item, "growsAt");
  return {
    shards,
    before: Math.max(1, Math.min(before, shards)),
    ...(growsAtMs !== undefined && { growsAtMs }),
  };
}

/** A Query, because the roles that fan out may query the table's rows and not get single items. */
export async function findMarker(
  { client, tableName: TableName }: DynamodbTable,
  topicId: string,
  { consistent = false }: { consistent?: boolean } = {},
): Promise<ShardMarker | undefined> {
  const query = new QueryCommand({
    TableName,
    KeyConditionExpression: "p = :p AND u = :u",
    ExpressionAttributeValues: { ":p": text(topicKey(topicId)), ":u": text(SHARDS_KEY) },
    ConsistentRead: consistent,
  });
  const { Items: [item] = [] } = await guarded("Query", () => client.send(query));
  return readMarker(item);
}

export const isGrowing = ({ growsAtMs = Number.POSITIVE_INFINITY }: ShardMarker, nowMs: number): boolean =>
  nowMs < growsAtMs;

/** Returns over how many shards a writer spreads new rows. */
export const shardsToWrite = (marker: ShardMarker | undefined, nowMs: number): number =>
  marker ? (isGrowing(marker, nowMs) ? marker.before : marker.shards) : 1;

/** Writes the row only if it is still as it was read. Returns whether it did. */
export function replaceMarker(
  { client, tableName: TableName }: DynamodbTable,
  topicId: string,
  { was, is }: { was: ShardMarker | undefined; is: ShardMarker },
): Promise<boolean> {
  const put = new PutItemCommand({
    TableName,
    Item: {
      p: text(topicKey(topicId)),
      u: text(SHARDS_KEY),
      // In the index among the subscriptions of shard 0, so that who reads these finds it without another read
      p2: text(topicKey(topicId)),
      shards: number(is.shards),
      shardsBefore: number(is.before),
      ...(is.growsAtMs !== undefined && { growsAt: number(is.growsAtMs) }),
    },
    ...unchanged(was),
  });
  return unlessChanged("PutItem", () => client.send(put));
}

function unchanged(was: ShardMarker | undefined): {
  ConditionExpression: string;
  ExpressionAttributeValues?: Item;
} {
  if (!was) return { ConditionExpression: "attribute_not_exists(shards)" };
  const { shards, before, growsAtMs } = was;
  const when = growsAtMs === undefined ? "attribute_not_exists(growsAt)" : "growsAt = :at";
  return {
    ConditionExpression: `shards = :shards AND shardsBefore = :before AND ${when}`,
    ExpressionAttributeValues: {
      ":shards": number(shards),
      ":before": number(before),
      ...(growsAtMs !== undefined && { ":at": number(growsAtMs) }),
    },
  };
}
