import { consumerId } from "../../core/consumer.ts";
import type { AccessRows, Clock, Revocation } from "../../core/ports.ts";
import { guarded } from "../sdk/aws-failure.ts";
import { type Item, number, readNumber, readText, text } from "./attributes.ts";
import { PutItemCommand } from "./commands.ts";
import {
  CONNECTION_KEY,
  CONSUMER_KEY_START,
  consumerKey,
  ENDED_KEY,
  parseConsumerKey,
  parseRemovedKey,
  parseTopicKey,
  removedKey,
  revokedKey,
  topicKey,
  userKey,
} from "./schema.ts";
import { type DynamodbTable, queryItems } from "./table.ts";

export function createAccessRows(table: DynamodbTable, clock: Clock): AccessRows {
  const { client, tableName: TableName } = table;
  const put = async (item: Item): Promise<void> => {
    await guarded("PutItem", () => client.send(new PutItemCommand({ TableName, Item: item })));
  };
  const isLive = (item: Item): boolean =>
    (readNumber(item, "expiresAt") ?? Number.POSITIVE_INFINITY) > clock.now() / 1_000;

  /** Yields the unexpired items of a partition whose range key is in a range, in its order. */
  async function* rows(p: string, range: Range): AsyncGenerator<Item> {
    const query = {
      KeyConditionExpression: `p = :p${range.condition}`,
      ExpressionAttributeValues: { ":p": text(p), ...range.values },
      ProjectionExpression: "u, userId, revokedAt, expiresAt",
      ConsistentRead: true,
    };
    for await (const item of queryItems(table, query)) if (isLive(item)) yield item;
  }

  return {
    async standing({ consumer, topicId, countTo }) {
      let ended = false;
      let userId: string | undefined;
      let count = 0;
      const revoked = latest(topicId);
      // In one query, because the rows that are not subscriptions sort before `topic#`
      const range = countTo > 0 ? WHOLE : before(topicKey(""));
      for await (const item of rows(consumerKey(consumer), range)) {
        const u = readText(item, "u") ?? "";
        if (u === ENDED_KEY) ended = true;
        if (u === CONNECTION_KEY) userId = readText(item, "userId");
        revoked.add(item);
        if (parseTopicKey(u) !== undefined && ++count >= countTo) break;
      }
      const { atMs } = revoked;
      return {
        ended,
        count,
        ...(atMs !== undefined && { revokedAtMs: atMs }),
        ...(userId !== undefined && { userId }),
      };
    },
    async userRevokedAt({ userId, topicId }) {
      const revoked = latest(topicId);
      for await (const item of rows(userKey(userId), beginningWith(revokedKey()))) revoked.add(item);
      return revoked.atMs;
    },
    async identify({ consumer, userId, expiresAtSeconds }) {
      const expiresAt = number(expiresAtSeconds);
      const [connection, user] = [text(consumerKey(consumer)), text(userKey(userId))];
      await put({ p: user, u: connection, expiresAt });
      await put({ p: connection, u: text(CONNECTION_KEY), p2: user, userId: text(userId), expiresAt });
    },
    async *connectionsOf(userId) {
      for await (const item of rows(userKey(userId), beginningWith(CONSUMER_KEY_START))) {
        const consumer = parseConsumerKey(readText(item, "u") ?? "");
        if (consumer) yield consumer;
      }
    },
    async revoke({ of, topicId, atMs, expiresAtSeconds }) {
      const p = partitionOf(of);
      const u = revokedKey(topicId);
      await put({ p: text(p), u: text(u), revokedAt: number(atMs), expiresAt: number(expiresAtSeconds) });
    },
    async markRemoved({ consumer, topicId, atMs, expiresAtSeconds }) {
      const u = removedKey(consumerId(consumer));
      const times = { revokedAt: number(atMs), expiresAt: number(expiresAtSeconds) };
      await put({ p: text(topicKey(topicId)), u: text(u), ...times });
    },
    async removedFrom(topicId) {
      const removed = new Map<string, number>();
      for await (const item of rows(topicKey(topicId), beginningWith(removedKey("")))) {
        const id = parseRemovedKey(readText(item, "u") ?? "");
        if (id !== undefined) removed.set(id, revokedAtOf(item));
      }
      return removed;
    },
    async end({ consumer, expiresAtSeconds }) {
      const expiresAt = number(expiresAtSeconds);
      await put({ p: text(consumerKey(consumer)), u: text(ENDED_KEY), expiresAt });
    },
  };
}

interface Range {
  condition: string;
  values: Item;
}

const WHOLE: Range = { condition: "", values: {} };
const before = (u: string): Range => ({ condition: " AND u < :u", values: { ":u": text(u) } });
const beginningWith = (u: string): Range => ({
  condition: " AND begins_with(u, :u)",
  values: { ":u": text(u) },
});

const partitionOf = (of: Revocation["of"]): string =>
  "consumer" in of ? consumerKey(of.consumer) : userKey(of.userId);

/** A row that does not say when counts as one of all times: in doubt nobody gets in. */
const revokedAtOf = (item: Item): number => readNumber(item, "revokedAt") ?? Number.MAX_SAFE_INTEGER;

/** Finds the latest revocation of a topic, or of all, among the items of a partition. */
function latest(topicId: string): { readonly atMs: number | undefined; add(item: Item): void } {
  const keys = [revokedKey(), revokedKey(topicId)];
  let atMs: number | undefined;
  return {
    get atMs() {
      return atMs;
    },
    add(item) {
      if (keys.includes(readText(item, "u") ?? "")) atMs = Math.max(atMs ?? 0, revokedAtOf(item));
    },
  };
}
