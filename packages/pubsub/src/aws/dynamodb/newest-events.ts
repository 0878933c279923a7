import type { NewestEvents, NewestRequest } from "../../core/log/newest-port.ts";
import type { StoredEvent } from "../../core/types.ts";
import { utf8Length } from "../../core/utf8.ts";
import { guarded } from "../sdk/aws-failure.ts";
import { type Item, readText, text } from "./attributes.ts";
import { QueryCommand } from "./commands.ts";
import { readEvent } from "./event-row.ts";
import { EVENT_KEY_RANGE, eventKey, parseEventKey, topicKey } from "./schema.ts";
import type { DynamodbTable } from "./table.ts";

/**
 * Reads the newest events with one descending query. DynamoDB returns at most 1 MB in one response: the rest takes further
 * ones, each limited to what is still wanted, so that no event is read in vain. With `maxBytes` there is one response.
 */
export async function readNewest(
  { client, tableName }: DynamodbTable,
  nowSeconds: number,
  { topicId, epoch: wanted, upTo = Number.MAX_SAFE_INTEGER, limit, maxBytes, mayLag = false }: NewestRequest,
): Promise<NewestEvents> {
  const newestFirst: StoredEvent[] = [];
  let epoch = wanted;
  let readUnits = 0;
  let bytes = 0;
  let startKey: Item | undefined;
  const found = (cut: boolean): NewestEvents => {
    const events = newestFirst.toReversed();
    return { ...(epoch !== undefined && { epoch }), events, cut, readUnits };
  };
  // DynamoDB rejects a range that ends before it begins, and a limit of 0
  if (upTo < 1 || limit < 1) return found(false);
  const { from, to } =
    wanted === undefined ? EVENT_KEY_RANGE : { from: eventKey(wanted, 1), to: eventKey(wanted, upTo) };
  do {
    const query = new QueryCommand({
      TableName: tableName,
      KeyConditionExpression: "p = :p AND u BETWEEN :from AND :to",
      ExpressionAttributeValues: { ":p": text(topicKey(topicId)), ":from": text(from), ":to": text(to) },
      ConsistentRead: !mayLag,
      ScanIndexForward: false,
      Limit: limit - newestFirst.length,
      ReturnConsumedCapacity: "TOTAL",
      ...(startKey && { ExclusiveStartKey: startKey }),
    });
    const page = await guarded("Query", () => client.send(query));
    // A query that finds nothing costs as much as one that finds a byte
    readUnits += Math.max(mayLag ? 0.5 : 1, page.ConsumedCapacity?.CapacityUnits ?? 1);
    for (const item of page.Items ?? []) {
      const place = parseEventKey(readText(item, "u") ?? "");
      epoch ??= place?.epoch;
      if (place?.epoch !== epoch) return found(false);
      const event = readEvent(item, nowSeconds);
      if (event === "expired") return found(false);
      if (!event) continue;
      bytes += utf8Length(event.json);
      if (maxBytes !== undefined && bytes > maxBytes) return found(true);
      newestFirst.push(event);
    }
    startKey = page.LastEvaluatedKey;
  } while (startKey && newestFirst.length < limit && maxBytes === undefined);
  return found(startKey !== undefined && newestFirst.length < limit);
}
