import type { Usage } from "../../cost/index.ts";
import { isRecord } from "../../options/option-rules.ts";
import { type ConsumedCapacity, findConsumedCapacity } from "./consumed-capacity.ts";
import { arrayOf, failedWriteUnits, TRANSACTION_FACTOR } from "./failed-writes.ts";
import type { ForwardHooks } from "./forwarding-proxy.ts";
import { jsonObject } from "./json-object.ts";

export interface CapacityMeter extends ForwardHooks {
  usage(): Usage["dynamodb"];
}

/** The operations that AWS bills by capacity units. */
const OPERATIONS: Readonly<Record<string, "read" | "write">> = {
  GetItem: "read",
  BatchGetItem: "read",
  Query: "read",
  Scan: "read",
  TransactGetItems: "read",
  PutItem: "write",
  UpdateItem: "write",
  DeleteItem: "write",
  BatchWriteItem: "write",
  TransactWriteItems: "write",
};

/** Counts the units that DynamoDB Local reports, and corrects them where AWS is known to bill differently. */
export function createCapacityMeter(): CapacityMeter {
  const usage = { writeUnits: 0, readUnits: 0 };

  return {
    usage: () => ({ ...usage }),
    onRequest: (target, body) => (OPERATIONS[target] === undefined ? body : askForCapacity(body)),
    onResponse(target, body, { status, ends }) {
      const kind = OPERATIONS[target];
      if (kind === undefined) return;
      if (status !== 200) {
        if (kind === "write") usage.writeUnits += failedWriteUnits(body, ends.tail());
        return;
      }
      for (const consumed of findConsumedCapacity(ends)) {
        if (kind === "read") usage.readUnits += readUnits(target, body, consumed);
        else if (consumed.isRead) usage.readUnits += consumed.total;
        else usage.writeUnits += writtenUnits(target, consumed);
      }
      if (target === "TransactWriteItems") usage.writeUnits += conditionCheckUnits(body);
    },
  };
}

const ASKED = '"ReturnConsumedCapacity"';
const ASK = Buffer.from(`{${ASKED}:"INDEXES",`);

/** Inserts the member at the front without parsing, because hardly any caller asks for it. */
function askForCapacity(body: Buffer): Buffer {
  if (body.length <= 2 || body[0] !== ASK[0]) return body;
  if (!body.includes(ASKED)) return Buffer.concat([ASK, body.subarray(1)]);
  const request = jsonObject(body.toString());
  const { ReturnConsumedCapacity: asked } = request;
  if (asked === "INDEXES" || asked === "TOTAL") return body;
  return Buffer.from(JSON.stringify({ ...request, ReturnConsumedCapacity: "INDEXES" }));
}

/** On AWS a query without results costs as much as one that finds a byte. DynamoDB Local reports 0 units for it. */
function readUnits(target: string, body: Buffer, { total }: ConsumedCapacity): number {
  if (total > 0 || (target !== "Query" && target !== "Scan")) return total;
  return jsonObject(body.toString()).ConsistentRead === true ? 1 : 0.5;
}

/**
 * DynamoDB Local 1.25 doubles all units of a transaction twice. AWS doubles the table's units once and does not double
 * the index's units, as measured in https://github.com/nubo-db/dynoxide/pull/188.
 */
function writtenUnits(target: string, { total, indexes = 0 }: ConsumedCapacity): number {
  if (target !== "TransactWriteItems") return total;
  return (total - indexes) / TRANSACTION_FACTOR + indexes / TRANSACTION_FACTOR ** 2;
}

/**
 * AWS bills condition checks like writes, by the size of the item
 * (https://github.com/paritysuite/dynamodb-conformance/pull/67). No response contains that size, so up to 1 KB is
 * assumed. DynamoDB Local does not count them.
 */
function conditionCheckUnits(body: Buffer): number {
  if (!body.includes('"ConditionCheck"')) return 0;
  const { TransactItems: items } = jsonObject(body.toString());
  return (
    TRANSACTION_FACTOR * arrayOf(items).filter((item) => isRecord(item) && "ConditionCheck" in item).length
  );
}
