/** What the benchmark and its processes tell each other. */
export interface PublishOrder {
  topicId: string;
  seconds: number;
  /** Publishes under way at once. */
  concurrency: number;
}

export interface PublishAnswer {
  published: Published[];
  /** Codes of the publishes that were rejected. */
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

/** Calls to DynamoDB, the SDK's own repeats not counted. */
export interface CallCounts {
  writes: number;
  reads: number;
  conflicts: number;
}

export interface BarePutsOrder {
  partition: string;
  seconds: number;
}

export interface BarePutsAnswer {
  latenciesMs: number[];
  seconds: number;
}
