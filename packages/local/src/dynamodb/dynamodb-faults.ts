import type { CallSubject, DynamodbFault } from "../faults/call-fault-types.ts";
import { dynamodbErrorNames } from "../faults/call-fault-types.ts";
import { type CallFaults, createCallFaults, type Intervention, someOf } from "../faults/call-faults.ts";
import { durationMs, isRecord } from "../options/option-rules.ts";
import { canFailWith, errorResponse } from "./dynamodb-errors.ts";
import { withholdYoungItems } from "./index-lag.ts";

type Json = Record<string, unknown>;

/** Creates faults of DynamoDB that DynamoDB Local never shows by itself. */
export function createDynamodbFaults(): CallFaults<DynamodbFault> {
  return createCallFaults<DynamodbFault>({
    subject: "faults.dynamodb",
    errorNames: dynamodbErrorNames,
    ownOptions: { indexLagMs: durationMs },
    concerns({ act, indexLagMs, error }, { operation, body }) {
      if (act === "partly") return operation === "BatchWriteItem" && requestsOf(body).length > 1;
      if (indexLagMs !== undefined) return operation === "Query" && body.IndexName !== undefined;
      return error === undefined || canFailWith(error, operation);
    },
    interventionOf({ error, act, indexLagMs, random }, call): Intervention {
      if (error !== undefined) return { instead: errorResponse(error, call) };
      if (act === "partly") return halfWritten(call, random);
      if (indexLagMs === undefined) return {};
      return { answer: (response) => withholdYoungItems(response, Date.now() - indexLagMs) };
    },
  });
}

/** Returns each write of a batch with its table. */
function requestsOf(body: Json): { table: string; request: unknown }[] {
  const tables = isRecord(body.RequestItems) ? Object.entries(body.RequestItems) : [];
  return tables.flatMap(([table, requests]) =>
    Array.isArray(requests) ? requests.map((request: unknown) => ({ table, request })) : [],
  );
}

function halfWritten({ body }: CallSubject, random: (() => number) | undefined): Intervention {
  const requests = requestsOf(body);
  const written = new Set(someOf(requests, random));
  const left = requests.filter((request) => !written.has(request));
  return {
    request: { ...body, RequestItems: byTable([...written]) },
    answer: (response) => ({ ...response, UnprocessedItems: byTable(left) }),
  };
}

function byTable(requests: readonly { table: string; request: unknown }[]): Record<string, unknown[]> {
  const tables: Record<string, unknown[]> = {};
  for (const { table, request } of requests) tables[table] = [...(tables[table] ?? []), request];
  return tables;
}
