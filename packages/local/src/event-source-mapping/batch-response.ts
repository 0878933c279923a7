import { isRecord } from "../options/option-rules.ts";

export type BatchVerdict =
  | { kind: "partial"; failedIds: ReadonlySet<string> }
  /** Lambda does not accept the response: no message of the batch is deleted. */
  | { kind: "invalid"; reason: string };

export const ALL_SUCCEEDED: BatchVerdict = { kind: "partial", failedIds: new Set() };

/**
 * Reads which messages of a batch failed, from the function's response under ReportBatchItemFailures.
 *
 * The batch succeeds if the response or its `batchItemFailures` is null or empty. The whole batch fails if the response
 * is not a JSON object, or if an `itemIdentifier` is missing, null, empty, or not a message id of the batch.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
 */
export function readBatchResponse(response: unknown, messageIds: ReadonlySet<string>): BatchVerdict {
  if (response === null || response === undefined) return ALL_SUCCEEDED;
  if (!isRecord(response)) return invalid("the response is not an object");
  const failures = response.batchItemFailures;
  if (failures === null || failures === undefined) return ALL_SUCCEEDED;
  if (!Array.isArray(failures)) return invalid("batchItemFailures is not a list");

  const failedIds = new Set<string>();
  for (const failure of failures as unknown[]) {
    const id = isRecord(failure) ? failure.itemIdentifier : undefined;
    if (typeof id !== "string" || id === "") return invalid("an item has no itemIdentifier");
    if (!messageIds.has(id)) return invalid(`itemIdentifier ${id.slice(0, 80)} is not in the batch`);
    failedIds.add(id);
  }
  return { kind: "partial", failedIds };
}

function invalid(reason: string): BatchVerdict {
  return { kind: "invalid", reason };
}
