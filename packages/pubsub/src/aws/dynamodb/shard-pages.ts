import { tryEachAtOnce } from "../../core/at-once.ts";
import type { Clock, PageRequest, SubscriptionPage, Subscriptions } from "../../core/ports.ts";
import {
  cursorAfterMarker,
  decodeCursor,
  encodeCursor,
  type OpenShard,
  SHARDS_AT_ONCE,
  type ShardsCursor,
} from "../../core/subscriptions/shard-cursor.ts";
import { guarded } from "../sdk/aws-failure.ts";
import { ABANDONMENTS } from "./abandonments.ts";
import { type Item, number, readText, text } from "./attributes.ts";
import { QueryCommand } from "./commands.ts";
import { SHARDS_KEY, shardKey, TABLE, topicKey } from "./schema.ts";
import { findMarker, readMarker, type ShardMarker } from "./shard-marker.ts";
import { readRows, SUBSCRIPTION, select, USER } from "./subscription-row.ts";
import { type DynamodbTable, queryPages } from "./table.ts";

/**
 * A page of shard 0 with so many rows looks for the marker in the table too. The index throttles at 1,000 writes a second,
 * and may then show the marker late; fewer rows than this are no more than five seconds of writes. It costs half a unit on 80.
 */
const LOOK_ROWS = 5_000;

interface PageOptions {
  /** Whether large pages look for the marker in the table. */
  looks: boolean;
  lookRows?: number | undefined;
}

/**
 * Reads the pages of a topic. It begins with shard 0, where the marker is: a topic without one is read as if there were no
 * shards. After the page with the marker, and after any page that found the marker in the table, it reads all shards.
 */
export function createShardPages(
  table: DynamodbTable,
  clock: Clock,
  { looks, lookRows = LOOK_ROWS }: PageOptions,
): Pick<Subscriptions, "page" | "count"> {
  const { client, tableName: TableName } = table;

  async function readShard(
    { topicId, limit, withUser }: PageRequest,
    { shard, after }: OpenShard,
  ): Promise<
    Omit<SubscriptionPage, "cursor"> & { next: string | undefined; marker: ShardMarker | undefined }
  > {
    const p2 = text(shardKey(topicId, shard));
    const query = new QueryCommand({
      TableName,
      IndexName: TABLE.index.name,
      KeyConditionExpression: "p2 = :topic",
      ExpressionAttributeValues: { ":topic": p2 },
      ...select(...SUBSCRIPTION, ...ABANDONMENTS, ...(withUser ? USER : []), "shards"),
      // One extra row shows whether more follow. Without it, a topic of exactly this size would cost an empty page
      Limit: limit + 1,
      ...(after !== undefined && {
        ExclusiveStartKey: { p2, p: text(after), u: rangeKeyOf(topicId, after) },
      }),
    });
    const { Items = [], LastEvaluatedKey } = await guarded("Query", () => client.send(query));
    const next = readText(Items.length > limit ? Items[limit - 1] : LastEvaluatedKey, "p");
    const items = Items.slice(0, limit);
    const marker = shard === 0 ? items.find((item) => isMarker(item, topicId)) : undefined;
    const rows = marker ? items.filter((item) => item !== marker) : items;
    return { ...readRows(rows, topicId, clock.now()), next, marker: readMarker(marker) };
  }

  async function firstShard(request: PageRequest): Promise<SubscriptionPage> {
    const { topicId, cursor: after } = request;
    const { next, marker, ...page } = await readShard(request, { shard: 0, after });
    const isLarge = looks && page.subscriptions.length >= lookRows;
    const found = marker ?? (isLarge ? await findMarker(table, topicId) : undefined);
    const shards = found?.shards ?? 1;
    const cursor = shards > 1 ? encodeCursor(cursorAfterMarker(shards, next)) : next;
    return { ...page, ...(cursor !== undefined && { cursor }) };
  }

  async function sideBySide(request: PageRequest, at: ShardsCursor): Promise<SubscriptionPage> {
    const open = [...at.open];
    let { next } = at;
    while (open.length < SHARDS_AT_ONCE && next < at.shards) open.push({ shard: next++ });
    const count = Math.min(open.length, request.limit);
    const limit = Math.floor(request.limit / count);
    const read = await Promise.all(
      open.slice(0, count).map(async ({ shard, after }) => ({
        shard,
        ...(await readShard({ ...request, limit }, { shard, after })),
      })),
    );
    const unfinished = read.flatMap(({ shard, next: after }) =>
      after === undefined ? [] : { shard, after },
    );
    // Those that this page had no room for come first in the next one
    const cursor = encodeCursor({ ...at, next, open: [...open.slice(count), ...unfinished] });
    return {
      subscriptions: read.flatMap(({ subscriptions }) => subscriptions),
      malformed: read.reduce((sum, { malformed }) => sum + malformed, 0),
      ...(cursor !== undefined && { cursor }),
    };
  }

  async function countShard(
    topicId: string,
    shard: number,
  ): Promise<{ count: number; marker: ShardMarker | undefined }> {
    const query = {
      IndexName: TABLE.index.name,
      KeyConditionExpression: "p2 = :topic",
      FilterExpression: "attribute_not_exists(expiresAt) OR expiresAt > :now",
      ExpressionAttributeValues: {
        ":topic": text(shardKey(topicId, shard)),
        ":now": number(clock.now() / 1_000),
      },
      // The subscriptions come as empty objects: the marker's count is the only value that is sent
      ...(shard === 0 ? { ProjectionExpression: "shards" } : { Select: "COUNT" as const }),
    };
    let count = 0;
    let marker: ShardMarker | undefined;
    for await (const { Count = 0, Items = [] } of queryPages(table, query)) {
      count += Count;
      marker ??= readMarker(Items.find((item) => item.shards !== undefined));
    }
    return { count: marker ? count - 1 : count, marker };
  }

  return {
    page(request) {
      const at = decodeCursor(request.cursor);
      return at ? sideBySide(request, at) : firstShard(request);
    },
    async count(topicId) {
      const { count: first, marker } = await countShard(topicId, 0);
      let total = first;
      const others = Array.from({ length: (marker?.shards ?? 1) - 1 }, (_, index) => index + 1);
      await tryEachAtOnce(SHARDS_AT_ONCE, others, async (shard) => {
        const { count } = await countShard(topicId, shard);
        total += count;
      });
      return total;
    },
  };
}

/** A row that somebody wrote by hand under a topic's hash key is no marker without a count. */
const isMarker = (item: Item, topicId: string): boolean =>
  item.shards !== undefined && readText(item, "p") === topicKey(topicId);

/** The range key of a row of the index, by its hash key. */
const rangeKeyOf = (topicId: string, p: string): Item[string] =>
  text(p === topicKey(topicId) ? SHARDS_KEY : topicKey(topicId));
