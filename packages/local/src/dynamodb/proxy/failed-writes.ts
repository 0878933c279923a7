import { startedUnits } from "../../cost/index.ts";
import { isRecord } from "../../options/option-rules.ts";
import { itemBytes } from "./item-size.ts";
import { jsonObject } from "./json-object.ts";

const WRITE_UNIT_BYTES = 1_024;
/** One unit to prepare and one to commit. */
export const TRANSACTION_FACTOR = 2;

/**
 * The write units of a call that its conditions refused. AWS bills them, by the larger of the item there and the
 * item sent, and says so in no answer:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 * The existing item is known only if the caller set ReturnValuesOnConditionCheckFailure. Without it the item sent
 * counts, which is one unit for updates and deletes. Indexes are not written.
 */
export function failedWriteUnits(body: Buffer, answer: string): number {
  const { __type: type, Item: itemThere, CancellationReasons: reasons } = jsonObject(answer);
  const error = String(type).split("#").at(-1);
  if (error === "ConditionalCheckFailedException") {
    return writeUnits(jsonObject(body.toString()).Item, itemThere);
  }
  if (error !== "TransactionCanceledException") return 0;
  const { TransactItems: items } = jsonObject(body.toString());
  return arrayOf(items).reduce<number>((units, item, index) => {
    const reason = arrayOf(reasons)[index];
    const put = isRecord(item) && isRecord(item.Put) ? item.Put.Item : undefined;
    return units + TRANSACTION_FACTOR * writeUnits(put, isRecord(reason) ? reason.Item : undefined);
  }, 0);
}

function writeUnits(sent: unknown, there: unknown): number {
  return startedUnits(Math.max(itemBytes(sent), itemBytes(there)), WRITE_UNIT_BYTES);
}

export function arrayOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
