import { isDeepStrictEqual } from "node:util";
import { TABLE } from "lambda-websocket-pubsub/schema";
import { startedUnits } from "../../cost/index.ts";
import { itemBytes } from "./item-size.ts";

/** An item in the wire format. Undefined: there is none. */
export type Image = Readonly<Record<string, unknown>> | undefined;

const WRITE_UNIT_BYTES = 1_024;

/**
 * Returns the units that a write takes from the table, by the larger of the items before and after it:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 */
export function tableUnits(...images: readonly Image[]): number {
  return startedUnits(Math.max(0, ...images.map(itemBytes)), WRITE_UNIT_BYTES);
}

/**
 * Returns the units that a write takes from the table's index, which has all attributes:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes
 */
export function indexUnits(before: Image, after: Image): number {
  const [old, current] = [before, after].map((image) => image?.[TABLE.index.hashKey]);
  if (old === undefined && current === undefined) return 0;
  if (old === undefined) return tableUnits(after);
  if (current === undefined) return tableUnits(before);
  if (!isDeepStrictEqual(old, current)) return tableUnits(before) + tableUnits(after);
  return isDeepStrictEqual(before, after) ? 0 : tableUnits(before, after);
}
