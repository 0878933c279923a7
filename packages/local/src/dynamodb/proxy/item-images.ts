import { TABLE } from "lambda-websocket-pubsub/schema";
import { isRecord } from "../../options/option-rules.ts";
import type { AskServer } from "./upstream.ts";
import type { Image } from "./write-units.ts";

/** What a transaction does to one item. */
export interface TransactedItem {
  action: "Put" | "Update" | "Delete" | "ConditionCheck";
  tableName: string;
  /** Absent if the request is invalid. */
  key?: Record<string, unknown>;
  /** The item that a Put writes. */
  sent: Image;
  /** False if the action succeeds only where there is no item. */
  canFindItem: boolean;
}

const KEY_NAMES = [TABLE.hashKey, TABLE.rangeKey];
const ONLY_ONTO_NOTHING = new Set(KEY_NAMES.map((name) => `attribute_not_exists(${name})`));

/** Returns the items of a TransactWriteItems request, in its order. */
export function transactedItems(request: Record<string, unknown>): TransactedItem[] {
  const items = Array.isArray(request.TransactItems) ? request.TransactItems : [];
  return items.filter(isRecord).flatMap((item) =>
    (["Put", "Update", "Delete", "ConditionCheck"] as const).flatMap((action) => {
      const given = item[action];
      return isRecord(given) ? [toTransacted(action, given)] : [];
    }),
  );
}

function toTransacted(
  action: TransactedItem["action"],
  { TableName, Key, Item, ConditionExpression: condition }: Record<string, unknown>,
): TransactedItem {
  const sent = isRecord(Item) ? Item : undefined;
  const key = isRecord(Key) ? Key : sent && keyOf(sent);
  return {
    action,
    tableName: String(TableName),
    ...(key && { key }),
    sent,
    canFindItem: typeof condition !== "string" || !ONLY_ONTO_NOTHING.has(condition.replaceAll(/\s/g, "")),
  };
}

/** Returns the key of an item of the stack's table. */
export const keyOf = (item: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(KEY_NAMES.map((name) => [name, item[name]]));

/**
 * Returns what the table holds now of these items, in their order. An item counts as absent if it cannot be read. Another
 * call can change it before or after.
 */
export async function readImages(ask: AskServer, items: readonly TransactedItem[]): Promise<Image[]> {
  const requests: Record<string, { Keys: unknown[]; ConsistentRead: true }> = {};
  for (const { tableName, key } of items) {
    if (key === undefined) continue;
    requests[tableName] ??= { Keys: [], ConsistentRead: true };
    requests[tableName].Keys.push(key);
  }
  if (Object.keys(requests).length === 0) return items.map(() => undefined);
  const response = await ask("BatchGetItem", { RequestItems: requests });
  const tables = isRecord(response?.Responses) ? response.Responses : {};
  return items.map(({ tableName, key }) => {
    const found = tables[tableName];
    return Array.isArray(found) ? found.find((image) => isRecord(image) && hasKey(image, key)) : undefined;
  });
}

function hasKey(image: Record<string, unknown>, key: Record<string, unknown> = {}): boolean {
  return Object.entries(key).every(([name, value]) => JSON.stringify(image[name]) === JSON.stringify(value));
}
