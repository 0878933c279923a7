import { TABLE } from "lambda-websocket-pubsub/schema";
import { isRecord } from "../../options/option-rules.ts";
import { jsonObject } from "./json-object.ts";
import type { AskServer } from "./upstream.ts";

interface TableKeys {
  name: string;
  keys: readonly unknown[];
  isConsistent: boolean;
}

/**
 * Returns the units that a BatchGetItem takes for items that do not exist. DynamoDB Local reports 0 units for them; AWS
 * bills each like a small item:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html#read-operation-consumption
 */
export async function missingReadUnits(body: Buffer, ask: AskServer): Promise<number> {
  const tables = recordsIn(jsonObject(body.toString()).RequestItems).map(([name, asked]) => ({
    name,
    keys: arrayOf(asked.Keys),
    isConsistent: asked.ConsistentRead === true,
  }));
  const missing = await countMissing(tables, ask);
  return tables.reduce(
    (units, { isConsistent }, index) => units + (missing[index] ?? 0) * (isConsistent ? 1 : 0.5),
    0,
  );
}

/**
 * Returns how many deletes of a BatchWriteItem delete nothing. DynamoDB Local reports 2 units for each; AWS bills 1:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html#write-operation-consumption
 */
export async function emptyDeletes(body: Buffer, ask: AskServer): Promise<number> {
  if (!body.includes('"DeleteRequest"')) return 0;
  const { RequestItems: requested } = jsonObject(body.toString());
  const tables = Object.entries(isRecord(requested) ? requested : {}).map(([name, writes]) => ({
    name,
    keys: arrayOf(writes).flatMap((write) =>
      isRecord(write) && isRecord(write.DeleteRequest) ? [write.DeleteRequest.Key] : [],
    ),
    isConsistent: true,
  }));
  const missing = await countMissing(tables, ask);
  return missing.reduce((sum, count) => sum + count, 0);
}

/** Returns for each table how many of the keys have no item. Returns 0 for keys that cannot be read. */
async function countMissing(tables: readonly TableKeys[], ask: AskServer): Promise<number[]> {
  const some = tables.filter(({ keys }) => keys.length > 0);
  const requests = some.map(({ name, keys, isConsistent }) => [
    name,
    { Keys: keys, ConsistentRead: isConsistent, ProjectionExpression: TABLE.hashKey },
  ]);
  const response = await ask("BatchGetItem", { RequestItems: Object.fromEntries(requests) });
  const found = isRecord(response?.Responses) ? response.Responses : undefined;
  const left = isRecord(response?.UnprocessedKeys) ? response.UnprocessedKeys : {};
  return tables.map(({ name, keys }) => {
    if (found === undefined) return 0;
    const unprocessed = isRecord(left[name]) ? arrayOf(left[name].Keys) : [];
    return keys.length - arrayOf(found[name]).length - unprocessed.length;
  });
}

const arrayOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

const recordsIn = (value: unknown): [string, Record<string, unknown>][] =>
  Object.entries(isRecord(value) ? value : {}).filter((entry): entry is [string, Record<string, unknown>] =>
    isRecord(entry[1]),
  );
