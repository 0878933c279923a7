import { TABLE } from "lambda-websocket-pubsub/schema";
import { isRecord } from "../../options/option-rules.ts";
import { jsonObject } from "./json-object.ts";
import type { AskServer } from "./upstream.ts";

/**
 * Returns the units that a BatchGetItem takes for items that do not exist. DynamoDB Local reports 0 units for them; AWS
 * bills each like a small item:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html#read-operation-consumption
 */
export async function missingItemUnits(body: Buffer, ask: AskServer): Promise<number> {
  const tables = recordsIn(jsonObject(body.toString()).RequestItems);
  const keysAlone = tables.map(([name, { Keys, ConsistentRead = false }]) => [
    name,
    { Keys, ConsistentRead, ProjectionExpression: TABLE.hashKey },
  ]);
  const response = await ask("BatchGetItem", { RequestItems: Object.fromEntries(keysAlone) });
  if (response === undefined) return 0;
  const { Responses: found, UnprocessedKeys: left } = response;
  return tables.reduce((units, [name, { Keys, ConsistentRead }]) => {
    const unprocessed = isRecord(left) && isRecord(left[name]) ? left[name].Keys : [];
    const missing = lengthOf(Keys) - lengthOf(isRecord(found) ? found[name] : []) - lengthOf(unprocessed);
    return units + missing * (ConsistentRead === true ? 1 : 0.5);
  }, 0);
}

const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 0);

const recordsIn = (value: unknown): [string, Record<string, unknown>][] =>
  Object.entries(isRecord(value) ? value : {}).filter((entry): entry is [string, Record<string, unknown>] =>
    isRecord(entry[1]),
  );
