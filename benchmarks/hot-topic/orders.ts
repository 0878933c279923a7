/** An order of the benchmark to a producer process. */
export interface PublishOrder {
  topicId: string;
  seconds: number;
  /** The number of publishes at the same time. */
  concurrency: number;
}

export interface PublishReply {
  published: Published[];
  /** Error codes of the rejected publishes. */
  rejected: string[];
  calls: CallCounts;
  beginMs: number;
  endMs: number;
}

export interface Published {
  publicationId: string;
  offset: number;
  startedMs: number;
  resolvedMs: number;
}

/** Calls to DynamoDB. The SDK's own retries are not counted. */
export interface CallCounts {
  writes: number;
  reads: number;
  conflicts: number;
}

export interface BarePutsOrder {
  partition: string;
  seconds: number;
}

export interface BarePutsReply {
  latenciesMs: number[];
  seconds: number;
}
