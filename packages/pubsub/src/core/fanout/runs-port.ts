/**
 * The part of the ledger for runs that need no claim: the only step of a topic of one part whose subscribers all drop
 * repeats. One record has the results of all events that were posted together.
 */
export interface RunLedger {
  /** Records that the topic's only step is done for these events. MUST be idempotent. */
  settleRun(request: { topicId: string; epoch: string; results: readonly RunResult[] }): Promise<void>;
  /**
   * Returns which of these offsets, ascending, `settleRun` has recorded. MAY lag behind writes: a worker that misses a
   * record posts again what its consumers then drop.
   */
  doneInRuns(request: { topicId: string; epoch: string; offsets: readonly number[] }): Promise<number[]>;
}

/** The outcome of a run for one of its events. */
export interface RunResult extends RunCounts {
  offset: number;
}

/** What a unit of work did for one event. */
export interface RunCounts {
  /** How many consumers the unit had. */
  consumers: number;
  delivered: number;
  gone: number;
  /** How many posts repeated one that failed. */
  retried: number;
  /** How many units this one handed on. */
  handedOn: number;
}
