/** Returns whether each message of an SQS event has a body and an id. Lambda's poller always sends both. */
export function isBatch(event: unknown): boolean {
  const records = (event as { Records?: unknown } | null)?.Records;
  return Array.isArray(records) && records.every(isRecord);
}

function isRecord(record: unknown): boolean {
  if (typeof record !== "object" || record === null) return false;
  const { messageId, body } = record as Record<string, unknown>;
  return typeof messageId === "string" && messageId !== "" && typeof body === "string";
}
