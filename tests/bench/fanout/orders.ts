/** What the benchmark tells the processes that fan out in another way, and what they answer. */
export interface FanOutOrder {
  topicId: string;
  body: string;
}

export interface FanOutAnswer {
  /** From the order until every post was answered: what a Lambda would be billed for. */
  durationMs: number;
}
