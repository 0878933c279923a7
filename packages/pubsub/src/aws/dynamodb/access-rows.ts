import { consumerId } from "../../core/consumer.ts";
import { REVOCATION_TOLERANCE_SECONDS } from "../../core/limits.ts";
import type { AccessRows, Clock, Revocation } from "../../core/ports.ts";
import type { Identity } from "../../core/subscriptions/identity.ts";
import { guarded } from "../sdk/aws-failure.ts";
import { unlessChanged } from "./abandonments.ts";
import { type Item, number, readNumber, readText, text } from "./attributes.ts";
import { DeleteItemCommand, GetItemCommand, PutItemCommand } from "./commands.ts";
import {
  connectionItem,
  connectionKeyOf,
  identityFields,
  listItem,
  readIdentity,
} from "./connection-rows.ts";
import { removeItems } from "./remove-items.ts";
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
  /** Returns the item that was there. */
  const remove = async (Key: Item): Promise<Item | undefined> => {
    const command = new DeleteItemCommand({ TableName, Key, ReturnValues: "ALL_OLD" });
    return (await guarded("DeleteItem", () => client.send(command))).Attributes;
  };
  const isLive = (item: Item): boolean =>
    (readNumber(item, "expiresAt") ?? Number.POSITIVE_INFINITY) > clock.now() / 1_000;

  /** Yields the unexpired items of a partition whose range key is in a range, in its order. */
  async function* rows(p: string, range: Range): AsyncGenerator<Item> {
    const query = {
      KeyConditionExpression: `p = :p${range.condition}`,
      ExpressionAttributeValues: { ":p": text(p), ...range.values },
      // `until` is a reserved word
      ProjectionExpression: "u, userId, info, #until, decidedAt, revokedAt, expiresAt",
      ExpressionAttributeNames: { "#until": "until" },
      ConsistentRead: true,
    };
    for await (const item of queryItems(table, query)) if (isLive(item)) yield item;
  }

  return {
    async standing({ consumer, topicId, countTo }) {
      let ended = false;
      let userId: string | undefined;
      let identity: Identity | undefined;
      let count = 0;
      const revoked = latest(topicId);
      // In one query, because the rows that are not subscriptions sort before `topic#`
      const range = countTo > 0 ? WHOLE : before(topicKey(""));
      for await (const item of rows(consumerKey(consumer), range)) {
        const u = readText(item, "u") ?? "";
        if (u === ENDED_KEY) ended = true;
        if (u === CONNECTION_KEY) {
          userId = readText(item, "userId");
          identity = readIdentity(item);
        }
        revoked.add(item);
        if (parseTopicKey(u) !== undefined && ++count >= countTo) break;
      }
      const { atMs } = revoked;
      return {
        ended,
        count,
        ...(atMs !== undefined && { revokedAtMs: atMs }),
        ...(userId !== undefined && { userId }),
        ...(identity && { identity }),
      };
    },
    async userRevokedAt({ userId, topicId }) {
      const revoked = latest(topicId);
      for await (const item of rows(userKey(userId), beginningWith(revokedKey()))) revoked.add(item);
      return revoked.atMs;
    },
    async identify({ identity, ...connection }) {
      await put(listItem(connection));
      await put({ ...connectionItem(connection), ...(identity && identityFields(identity)) });
    },
    alsoOf: (connection) => put(listItem(connection)),
    async identityOf(consumer) {
      const get = { TableName, Key: connectionKeyOf(consumer), ConsistentRead: true };
      const { Item: item } = await guarded("GetItem", () => client.send(new GetItemCommand(get)));
      return item && isLive(item) ? readIdentity(item) : undefined;
    },
    async undoIdentify({ consumer, userId }) {
      // The websocket function may not delete a user's rows. DynamoDB deletes this one by its time to live. It has expired for
      // machines whose clocks are behind, too
      const expiresAtSeconds = Math.floor(clock.now() / 1_000) - REVOCATION_TOLERANCE_SECONDS - 1;
      await put(listItem({ consumer, userId, expiresAtSeconds }));
      await removeItems(table, clock, [connectionKeyOf(consumer)]);
    },
    async forget({ consumer, userId }) {
      const connection = text(consumerKey(consumer));
      // While the connection's row exists, the user's list must name the connection
      const known = await remove({ p: connection, u: text(CONNECTION_KEY) });
      const users = new Set([readText(known, "userId"), userId]);
      for (const user of users)
        if (user !== undefined) await remove({ p: text(userKey(user)), u: connection });
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
      const command = new PutItemCommand({
        TableName,
        Item: { p: text(topicKey(topicId)), u: text(u), ...times },
        ConditionExpression: "attribute_not_exists(revokedAt) OR revokedAt < :atMs",
        ExpressionAttributeValues: { ":atMs": number(atMs) },
      });
      await unlessChanged("PutItem", () => client.send(command));
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
function latest(topicId: string | undefined): { readonly atMs: number | undefined; add(item: Item): void } {
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
