import type { SqsFault } from "../faults/call-fault-types.ts";
import { sqsErrorNames } from "../faults/call-fault-types.ts";
import { type CallFaults, createCallFaults, type Intervention, someOf } from "../faults/call-faults.ts";
import { isRecord } from "../options/option-rules.ts";
import { errorResponse } from "./sqs-errors.ts";

type Json = Record<string, unknown>;

/** Creates faults of SQS that fauxqs never shows by itself. */
export function createSqsFaults(): CallFaults<SqsFault> {
  return createCallFaults<SqsFault>({
    subject: "faults.sqs",
    errorNames: sqsErrorNames,
    concerns: ({ act }, { operation, body }) =>
      act !== "partly" || (operation.endsWith("Batch") && entriesOf(body).length > 0),
    interventionOf({ error, act, random }, { body }): Intervention {
      if (error !== undefined) return { instead: errorResponse(error) };
      return act === "partly" ? halfDone(body, random) : {};
    },
  });
}

function halfDone(body: Json, random: (() => number) | undefined): Intervention {
  const entries = entriesOf(body);
  const failing = new Set(someOf(entries, random));
  const Failed = [...failing].map(({ Id }) => ({
    Id,
    Code: "InternalError",
    SenderFault: false,
    Message: "Ordered by a fault rule",
  }));
  // SQS rejects a batch without entries, so the call does not reach the server.
  if (failing.size === entries.length) return { instead: { status: 200, body: { Successful: [], Failed } } };
  return {
    request: { ...body, Entries: entries.filter((entry) => !failing.has(entry)) },
    answer: (response) => ({
      ...response,
      Failed: [...(Array.isArray(response.Failed) ? (response.Failed as unknown[]) : []), ...Failed],
    }),
  };
}

function entriesOf({ Entries }: Json): Json[] {
  return Array.isArray(Entries) ? (Entries as unknown[]).filter(isRecord) : [];
}
