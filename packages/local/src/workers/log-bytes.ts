/**
 * Each event counts 26 bytes more:
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
 */
const EVENT_OVERHEAD_BYTES = 26;

export interface InvocationReport {
  requestId: string;
  durationMs: number;
  memoryMb: number;
  /** Present only for a cold start. */
  initMs?: number | undefined;
}

export function logEventBytes(line: string): number {
  return Buffer.byteLength(line) + EVENT_OVERHEAD_BYTES;
}

/** Counts the bytes of the lines that Lambda itself adds to the log of an invocation. */
export function platformLogBytes({ requestId, durationMs, memoryMb, initMs }: InvocationReport): number {
  const billedMs = Math.ceil(durationMs + (initMs ?? 0));
  const lines = [
    `START RequestId: ${requestId} Version: $LATEST`,
    `END RequestId: ${requestId}`,
    [
      `REPORT RequestId: ${requestId}`,
      `Duration: ${durationMs.toFixed(2)} ms`,
      `Billed Duration: ${billedMs} ms`,
      `Memory Size: ${memoryMb} MB`,
      `Max Memory Used: ${memoryMb} MB`,
      ...(initMs === undefined ? [] : [`Init Duration: ${initMs.toFixed(2)} ms`]),
    ].join("\t"),
  ];
  return lines.reduce((bytes, line) => bytes + logEventBytes(line), 0);
}
