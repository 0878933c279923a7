import type { Clock } from "../../core/ports.ts";
import type { Left, PresenceRows } from "../../core/presence/rows-port.ts";
import { membersTopic } from "../../core/reserved-topics.ts";
import { isInfoText } from "../../core/user-info.ts";
import { guarded } from "../sdk/aws-failure.ts";
import { unlessChanged } from "./abandonments.ts";
import { type Item, number, readNumber, readText, text } from "./attributes.ts";
import { GetItemCommand, PutItemCommand, UpdateItemCommand } from "./commands.ts";
import { consumerKey, leftKey, parseLeftKey, tickKey, topicKey } from "./schema.ts";
import { type DynamodbTable, queryItems } from "./table.ts";

/** A tick is not asked for after it was due. The row is kept a little longer, for machines whose clocks differ. */
const TICK_KEPT_SECONDS = 60;

export function createPresenceRows(table: DynamodbTable, clock: Clock): PresenceRows {
  const { client, tableName: TableName } = table;
  const partitionOf = (topicId: string): Item[string] => text(topicKey(membersTopic(topicId)));
  const put = async (item: Item): Promise<void> => {
    await guarded("PutItem", () => client.send(new PutItemCommand({ TableName, Item: item })));
  };

  return {
    async markLeft({ topicId, userId, info, sinceMs, expiresAtSeconds }) {
      await put({
        p: partitionOf(topicId),
        u: text(leftKey(userId)),
        ...(info !== undefined && { info: text(info) }),
        since: number(sinceMs),
        expiresAt: number(expiresAtSeconds),
      });
    },
    async leftOf(topicId) {
      const query = {
        KeyConditionExpression: "p = :p AND begins_with(u, :u)",
        ExpressionAttributeValues: { ":p": partitionOf(topicId), ":u": text(leftKey("")) },
        ConsistentRead: true,
      };
      const left: Left[] = [];
      for await (const item of queryItems(table, query)) {
        const userId = parseLeftKey(readText(item, "u") ?? "");
        const expiresAtSeconds = readNumber(item, "expiresAt") ?? 0;
        if (userId === undefined || expiresAtSeconds <= clock.now() / 1_000) continue;
        const info = readText(item, "info");
        const known = isInfoText(info) && { info };
        left.push({ topicId, userId, ...known, sinceMs: readNumber(item, "since") ?? 0, expiresAtSeconds });
      }
      return left;
    },
    async tickDueAt({ topicId, slot }) {
      const get = new GetItemCommand({ TableName, Key: { p: partitionOf(topicId), u: text(tickKey(slot)) } });
      const { Item: item } = await guarded("GetItem", () => client.send(get));
      return readNumber(item, "dueAt");
    },
    async markTick({ topicId, slot, dueAtMs }) {
      const expiresAt = number(Math.ceil(dueAtMs / 1_000) + TICK_KEPT_SECONDS);
      await put({ p: partitionOf(topicId), u: text(tickKey(slot)), dueAt: number(dueAtMs), expiresAt });
    },
    async markActive({ consumer, topicId, atMs }) {
      const update = new UpdateItemCommand({
        TableName,
        Key: { p: text(consumerKey(consumer)), u: text(topicKey(topicId)) },
        UpdateExpression: "SET activeAt = :at",
        ConditionExpression: "attribute_exists(p)",
        ExpressionAttributeValues: { ":at": number(atMs) },
      });
      await unlessChanged("UpdateItem", () => client.send(update));
    },
  };
}
