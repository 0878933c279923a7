/**
 * Each event counts 26 bytes more:
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
 */
const EVENT_OVERHEAD_BYTES = 26;

/**
 * Of which invocations Lambda itself writes lines, in the JSON format: of all, or of those that fail.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
 */
export type SystemLogLevel = "INFO" | "WARN";

export interface InvocationReport {
  requestId: string;
  status: "success" | "error" | "timeout";
  durationMs: number;
  memoryMb: number;
  /** Present only for a cold start. */
  initMs?: number | undefined;
}

export function logEventBytes(line: string): number {
  return Buffer.byteLength(line) + EVENT_OVERHEAD_BYTES;
}

/**
 * Counts the bytes of the lines that Lambda itself adds to the log of an invocation. `platform.start` has the level INFO;
 * `platform.report` has INFO, and WARN if the status is not `success`; so has `platform.runtimeDone`, which is DEBUG
 * otherwise.
 * https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
 */
export function platformLogBytes(invocation: InvocationReport, level: SystemLogLevel): number {
  const { requestId, status, durationMs, memoryMb, initMs } = invocation;
  const hasFailed = status !== "success";
  const metrics = {
    durationMs: roundedMs(durationMs),
    billedDurationMs: Math.ceil(durationMs + (initMs ?? 0)),
    memorySizeMB: memoryMb,
    maxMemoryUsedMB: memoryMb,
    ...(initMs !== undefined && { initDurationMs: roundedMs(initMs) }),
  };
  const lines = [
    ...(level === "INFO" ? [toLine("platform.start", { requestId, version: "$LATEST" })] : []),
    ...(hasFailed
      ? [toLine("platform.runtimeDone", { requestId, status, metrics: { durationMs: metrics.durationMs } })]
      : []),
    ...(hasFailed || level === "INFO" ? [toLine("platform.report", { requestId, status, metrics })] : []),
  ];
  return lines.reduce((bytes, line) => bytes + logEventBytes(line), 0);
}

/** Every time has the same length. */
const TIME = "2026-11-23T15:00:00.000Z";

const toLine = (type: string, record: object): string => JSON.stringify({ time: TIME, type, record });

const roundedMs = (ms: number): number => Math.round(ms * 1_000) / 1_000;
