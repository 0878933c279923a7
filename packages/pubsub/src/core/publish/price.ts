import { utf8Length } from "../utf8.ts";
import type { EncodedData } from "./data.ts";

/** The price of a write unit of DynamoDB on demand, in millionths of a dollar. DynamoDB bills each started KB. */
const WRITE_UNIT_PRICE = 0.625;
const WRITE_UNIT_BYTES = 1_024;

/** The bytes of an event's row beside its data, with ids of a usual length. */
const ROW_BYTES = 200;

/**
 * What a publication costs without its rows and its posts: three requests to the queue, an invocation of the fan-out of
 * some 50 ms with 1 GB, a read of the index, a row in the ledger, and lines in the log. docs/cost.md has measurements.
 */
const FANOUT_PRICE = 4;

/** What it costs to look for revocations of the connection and of its user: a read unit each. */
const CHECK_PRICE = 0.25;

/**
 * Returns what a publication of a client costs beside its message, in millionths of a dollar at list prices. The posts are
 * not in it: nobody knows yet how many subscribers there are.
 */
export function priceOfPublication({ json }: EncodedData, idempotent: boolean): number {
  const units = Math.ceil((utf8Length(json) + ROW_BYTES) / WRITE_UNIT_BYTES) + (idempotent ? 1 : 0);
  return CHECK_PRICE + FANOUT_PRICE + units * WRITE_UNIT_PRICE;
}
