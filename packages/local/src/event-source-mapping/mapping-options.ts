import type { Credentials } from "../credentials.ts";
import { checkOptions, invalidOption } from "../options/check-options.ts";
import {
  anyObject,
  callable,
  flag,
  httpUrl,
  type OptionRule,
  oneOf,
  text,
  wholeNumber,
} from "../options/option-rules.ts";

export type MappingStage = "receive" | "invoke" | "response" | "delete";

export interface MappingOptions {
  queueUrl: string;
  queueArn: string;
  endpoint: string;
  region: string;
  credentials: Credentials;
  /** `traceHeader` is the value of `_X_AMZN_TRACE_ID` that the invocation gets. */
  invoke: (event: unknown, options: { signal: AbortSignal; traceHeader: string }) => Promise<unknown>;
  /**
   * What happens to a message that the function queued for itself, after a chain of 16 invocations. `Terminate`, the
   * default as on Lambda: it is not delivered any more, and the queue's redrive policy moves it. `Allow`: nothing.
   * https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
   */
  recursiveLoop?: RecursiveLoop;
  /** The largest number of messages in a batch. More than 10 require a window of a second or more, as on Lambda. */
  batchSize?: number;
  /** How long a batch waits to fill up after its first message. On Lambda it is a number of whole seconds. */
  batchWindowMs?: number;
  /** The largest number of batches in flight. On Lambda it is at least 2. */
  maximumConcurrency?: number;
  /**
   * Lambda's ReportBatchItemFailures, default true. Without it Lambda ignores what the function returns: it deletes
   * the whole batch on success and none of it on an error.
   */
  partialBatchResponses?: boolean;
  /** Called with each background failure. The messages of the batch stay in the queue. */
  onError?: (error: unknown, stage: MappingStage) => void;
}

/** The values of Lambda's PutFunctionRecursionConfig. */
export type RecursiveLoop = (typeof recursiveLoops)[number];
const recursiveLoops = ["Terminate", "Allow"] as const;
export const recursiveLoopRule: OptionRule = oneOf(recursiveLoops);

export type MappingSettings = Required<MappingOptions>;

/** https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html */
export const batchSizeRule: OptionRule = wholeNumber(1, 10_000);
export const batchWindowRule: OptionRule = wholeNumber(0, 300_000);
export const mappingConcurrencyRule: OptionRule = wholeNumber(1, 1_000);

export function resolveMappingOptions(options: MappingOptions): MappingSettings {
  checkOptions("createEventSourceMapping", options, {
    queueUrl: httpUrl,
    queueArn: text,
    endpoint: httpUrl,
    region: text,
    credentials: anyObject,
    invoke: callable,
    batchSize: batchSizeRule,
    batchWindowMs: batchWindowRule,
    maximumConcurrency: mappingConcurrencyRule,
    partialBatchResponses: flag,
    recursiveLoop: recursiveLoopRule,
    onError: callable,
  });
  const settings = {
    ...options,
    batchSize: options.batchSize ?? 10,
    batchWindowMs: options.batchWindowMs ?? 0,
    maximumConcurrency: options.maximumConcurrency ?? 4,
    partialBatchResponses: options.partialBatchResponses ?? true,
    recursiveLoop: options.recursiveLoop ?? "Terminate",
    onError: options.onError ?? (() => {}),
  };
  checkBatchWindow("batchWindowMs", settings);
  return settings;
}

export function checkBatchWindow(
  option: string,
  { batchSize, batchWindowMs }: { batchSize: number; batchWindowMs: number },
): void {
  if (batchSize <= 10 || batchWindowMs >= 1_000) return;
  const problem = `must be at least 1000 with a batchSize over 10 (${batchSize})`;
  throw invalidOption(option, problem, batchWindowMs);
}
