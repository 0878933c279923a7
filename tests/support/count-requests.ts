import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";

export interface CountedRequests {
  /** Returns what was sent since the last call: the operations in order, and the units that they consumed. */
  take(): { requests: string[]; readUnits: number; writeUnits: number };
  stop(): void;
}

interface Consumed {
  ConsumedCapacity?: { CapacityUnits?: number };
}

/** Counts what a client sends, with the capacity that DynamoDB says it consumed. */
export function countRequests(client: DynamoDBClient): CountedRequests {
  let counts = { requests: [] as string[], readUnits: 0, writeUnits: 0 };
  const name = "countRequests";
  client.middlewareStack.add(
    (next, { commandName = "" }) =>
      async (args) => {
        const result = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: "TOTAL" } });
        const operation = commandName.replace(/Command$/, "");
        const reported = (result.output as Consumed).ConsumedCapacity?.CapacityUnits ?? 0;
        // DynamoDB Local reports nothing for a query that finds nothing. AWS bills it like one that finds a byte
        const { ConsistentRead } = args.input as { ConsistentRead?: boolean };
        const units = operation === "Query" && reported === 0 ? (ConsistentRead ? 1 : 0.5) : reported;
        counts.requests.push(operation);
        if (/^(Query|GetItem)$/.test(operation)) counts.readUnits += units;
        else counts.writeUnits += units;
        return result;
      },
    { step: "initialize", name },
  );
  return {
    take() {
      const taken = counts;
      counts = { requests: [], readUnits: 0, writeUnits: 0 };
      return taken;
    },
    stop: () => void client.middlewareStack.remove(name),
  };
}
