import type { Credentials } from "../credentials.ts";
import { checkOptions, invalidOption } from "../options/check-options.ts";
import {
  anyObject,
  callable,
  flag,
  httpUrl,
  type OptionRule,
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
  invoke: (event: unknown, options: { signal: AbortSignal }) => Promise<unknown>;
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
    onError: callable,
  });
  const settings = {
    ...options,
    batchSize: options.batchSize ?? 10,
    batchWindowMs: options.batchWindowMs ?? 0,
    maximumConcurrency: options.maximumConcurrency ?? 4,
    partialBatchResponses: options.partialBatchResponses ?? true,
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
