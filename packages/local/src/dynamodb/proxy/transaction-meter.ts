import { startedUnits, type Usage } from "../../cost/index.ts";
import { findConsumedCapacity } from "./consumed-capacity.ts";
import type { ForwardedAnswer } from "./forwarding-proxy.ts";
import { readImages, type TransactedItem, transactedItems } from "./item-images.ts";
import { itemBytes } from "./item-size.ts";
import { errorName, jsonObject } from "./json-object.ts";
import type { AskServer } from "./upstream.ts";
import { type Image, indexUnits, tableUnits } from "./write-units.ts";

/** Returns what AWS bills for a transaction, once its response has arrived. */
export type UnitsAfter = (answer: ForwardedAnswer) => Promise<Usage["dynamodb"]>;

/** A transaction uses one unit to prepare and one to commit. */
const TRANSACTION_FACTOR = 2;
const READ_UNIT_BYTES = 4_096;

/**
 * Counts the units of a TransactWriteItems from its items, because DynamoDB Local 1.25 reports the same units for any
 * number of items of equal size. AWS's rules:
 *
 * - Each item takes twice its units, by the larger of the old and the new item:
 *   https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-capacity-handling
 * - The index's units are not doubled, and a condition check counts by the item that it finds:
 *   https://github.com/nubo-db/dynoxide/pull/188, https://github.com/paritysuite/dynamodb-conformance/pull/67
 * - A repetition with the same token reads the items: https://github.com/paritysuite/dynamodb-conformance/pull/74
 * - A cancelled transaction is billed, too. Which of its two phases is billed is not documented, so both are counted. A
 *   conflict and a throttled item cancel it as well, and count the same.
 */
export async function meterTransaction(body: Buffer, ask: AskServer): Promise<UnitsAfter> {
  const items = transactedItems(jsonObject(body.toString()));
  const before = await readSome(ask, items, ({ canFindItem }) => canFindItem);
  return async ({ status, ends }) => {
    if (status !== 200) {
      if (errorName(ends.tail()) !== "TransactionCanceledException") return { writeUnits: 0, readUnits: 0 };
      return { writeUnits: cancelledUnits(items, await readImages(ask, items)), readUnits: 0 };
    }
    if (findConsumedCapacity(ends).some(({ isRead }) => isRead)) {
      return { writeUnits: 0, readUnits: repeatedUnits(await readImages(ask, items)) };
    }
    const updated = await readSome(ask, items, ({ action }) => action === "Update");
    const after = items.map((item, index) => imageAfter(item, before[index], updated[index]));
    return { writeUnits: committedUnits(before, after), readUnits: 0 };
  };
}

/** Reads only the items that `wanted` names. The others count as absent. */
async function readSome(
  ask: AskServer,
  items: readonly TransactedItem[],
  wanted: (item: TransactedItem) => boolean,
): Promise<Image[]> {
  const some = items.filter(wanted);
  const images = await readImages(ask, some);
  return items.map((item) => (wanted(item) ? images[some.indexOf(item)] : undefined));
}

function imageAfter({ action, sent }: TransactedItem, before: Image, updated: Image): Image {
  if (action === "Update") return updated;
  return action === "ConditionCheck" ? before : sent;
}

function committedUnits(before: readonly Image[], after: readonly Image[]): number {
  return before.reduce<number>((units, old, index) => {
    const current = after[index];
    return units + TRANSACTION_FACTOR * tableUnits(old, current) + indexUnits(old, current);
  }, 0);
}

function cancelledUnits(items: readonly TransactedItem[], existing: readonly Image[]): number {
  const each = items.map(({ sent }, index) => TRANSACTION_FACTOR * tableUnits(sent, existing[index]));
  return each.reduce((sum, units) => sum + units, 0);
}

function repeatedUnits(images: readonly Image[]): number {
  return images.reduce<number>(
    (units, image) => units + TRANSACTION_FACTOR * startedUnits(itemBytes(image), READ_UNIT_BYTES),
    0,
  );
}
