import { startedUnits } from "../../cost/index.ts";
import { isRecord } from "../../options/option-rules.ts";
import { itemBytes } from "./item-size.ts";
import { jsonObject } from "./json-object.ts";

const WRITE_UNIT_BYTES = 1_024;
/** A transaction uses one unit to prepare and one to commit. */
export const TRANSACTION_FACTOR = 2;

/**
 * Returns the write units of a call whose condition failed. AWS bills them by the larger of the existing item and the
 * sent item, but does not report them in the response:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html The existing item is
 * known only if the caller set ReturnValuesOnConditionCheckFailure. Without it the sent item counts, which is one unit
 * for updates and deletes. Indexes are not written.
 */
export function failedWriteUnits(body: Buffer, response: string): number {
  const { __type: type, Item: existing, CancellationReasons: reasons } = jsonObject(response);
  const error = String(type).split("#").at(-1);
  if (error === "ConditionalCheckFailedException") {
    return writeUnits(jsonObject(body.toString()).Item, existing);
  }
  if (error !== "TransactionCanceledException") return 0;
  const { TransactItems: items } = jsonObject(body.toString());
  return arrayOf(items).reduce<number>((units, item, index) => {
    const reason = arrayOf(reasons)[index];
    const put = isRecord(item) && isRecord(item.Put) ? item.Put.Item : undefined;
    return units + TRANSACTION_FACTOR * writeUnits(put, isRecord(reason) ? reason.Item : undefined);
  }, 0);
}

function writeUnits(sent: unknown, existing: unknown): number {
  return startedUnits(Math.max(itemBytes(sent), itemBytes(existing)), WRITE_UNIT_BYTES);
}

export function arrayOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
