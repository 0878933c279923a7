import type { Usage } from "../../cost/index.ts";
import { type ConsumedCapacity, findConsumedCapacity } from "./consumed-capacity.ts";
import { failedWriteUnits } from "./failed-writes.ts";
import type { ForwardedAnswer, ForwardedCall, ForwardHooks } from "./forwarding-proxy.ts";
import { jsonObject } from "./json-object.ts";
import { emptyDeletes, missingReadUnits } from "./missing-items.ts";
import { meterTransaction } from "./transaction-meter.ts";
import type { AskServer } from "./upstream.ts";

type Units = Usage["dynamodb"];

export interface CapacityMeter extends ForwardHooks {
  usage(): Units;
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
  const usage: Units = { writeUnits: 0, readUnits: 0 };
  const add = (kind: "read" | "write", units: number): void => {
    usage[kind === "read" ? "readUnits" : "writeUnits"] += units;
  };

  async function beginTransaction(body: Buffer, ask: AskServer): Promise<ForwardedCall> {
    const unitsAfter = await meterTransaction(body, ask);
    return {
      body: askForCapacity(body),
      isHeld: true,
      async end(answer) {
        const { writeUnits, readUnits } = await unitsAfter(answer);
        add("write", writeUnits);
        add("read", readUnits);
      },
    };
  }

  return {
    usage: () => ({ ...usage }),
    async begin(target, body, ask) {
      if (target === "TransactWriteItems") return beginTransaction(body, ask);
      const kind = OPERATIONS[target];
      if (kind === undefined) return { body };
      const correction = await batchCorrection(target, body, ask);
      const countFailure = async (ends: ForwardedAnswer["ends"]): Promise<void> => {
        if (kind === "write") add("write", await failedWriteUnits(body, ends.tail(), ask));
      };
      return {
        body: askForCapacity(body),
        end({ status, ends }): void | Promise<void> {
          if (status !== 200) return countFailure(ends);
          add(kind, correction);
          for (const consumed of findConsumedCapacity(ends)) {
            add(kind, kind === "read" ? readUnits(target, body, consumed) : consumed.total);
          }
        },
      };
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

/** What has to be added to what DynamoDB Local reports for a batch. It depends on what the table holds before the call. */
async function batchCorrection(target: string, body: Buffer, ask: AskServer): Promise<number> {
  if (target === "BatchGetItem") return missingReadUnits(body, ask);
  return target === "BatchWriteItem" ? -(await emptyDeletes(body, ask)) : 0;
}

/** On AWS a query without results costs as much as one that finds a byte. DynamoDB Local reports 0 units for it. */
function readUnits(target: string, body: Buffer, { total }: ConsumedCapacity): number {
  if (total > 0 || (target !== "Query" && target !== "Scan")) return total;
  return jsonObject(body.toString()).ConsistentRead === true ? 1 : 0.5;
}
