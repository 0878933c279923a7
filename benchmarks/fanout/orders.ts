/** An order of the benchmark to a process that fans out in another way. */
export interface FanOutOrder {
  topicId: string;
  body: string;
}

/** The reply of that process. */
export interface FanOutReply {
  /** Time from the order until every post had its response: the duration that Lambda would bill. */
  durationMs: number;
}
