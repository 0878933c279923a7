import { isRecord } from "../../options/option-rules.ts";
import { keyOf } from "./item-images.ts";
import { errorName, jsonObject } from "./json-object.ts";
import type { AskServer } from "./upstream.ts";
import { tableUnits } from "./write-units.ts";

/**
 * Returns the write units of a call whose condition failed. AWS bills them by the larger of the existing item and the
 * sent item, but does not report them in the response:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html Indexes are not written.
 */
export async function failedWriteUnits(body: Buffer, response: string, ask: AskServer): Promise<number> {
  if (errorName(response) !== "ConditionalCheckFailedException") return 0;
  const { TableName, Key, Item: sent } = jsonObject(body.toString());
  // DynamoDB returns the existing item only if the caller set ReturnValuesOnConditionCheckFailure
  const returned = jsonObject(response).Item;
  const key = isRecord(Key) ? Key : isRecord(sent) && keyOf(sent);
  const existing = returned ?? (await ask("GetItem", { TableName, Key: key, ConsistentRead: true }))?.Item;
  return tableUnits(isRecord(sent) ? sent : undefined, isRecord(existing) ? existing : undefined);
}
