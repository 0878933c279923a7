/** What the API shows of the fan-out function and of the mapping of its queue. */
export interface FunctionFacts {
  functionName: string;
  functionArn: string;
  queueArn: string;
  timeoutMs: number;
  memoryMb: number;
  batchSize: number;
  batchWindowMs: number;
  maximumConcurrency: number;
  partialBatchResponses: boolean;
  recursiveLoop: "Allow" | "Terminate";
}

/** https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html */
export const mappingConfiguration = (facts: FunctionFacts): object => ({
  UUID: "00000000-0000-4000-8000-000000000000",
  EventSourceArn: facts.queueArn,
  FunctionArn: facts.functionArn,
  State: "Enabled",
  BatchSize: facts.batchSize,
  MaximumBatchingWindowInSeconds: Math.round(facts.batchWindowMs / 1_000),
  ScalingConfig: { MaximumConcurrency: facts.maximumConcurrency },
  FunctionResponseTypes: facts.partialBatchResponses ? ["ReportBatchItemFailures"] : [],
});

/** https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html */
export const functionConfiguration = (facts: FunctionFacts): object => ({
  FunctionName: facts.functionName,
  FunctionArn: facts.functionArn,
  Timeout: Math.ceil(facts.timeoutMs / 1_000),
  MemorySize: facts.memoryMb,
});
