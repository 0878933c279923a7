export interface DemoResult {
  subscribers: number;
  messages: number;
  expected: number;
  delivered: number;
  lost: number;
  duplicates: number;
  p50Ms: number;
  p99Ms: number;
}

export interface Tally {
  /** Records that a message arrived at a subscriber. Times are milliseconds of one clock. */
  arrived(subscriber: number, message: number, latencyMs: number): void;
  readonly delivered: number;
  result(): DemoResult;
}

/** Counts arrivals: the first arrival of a message at a subscriber is a delivery, each further one a duplicate. */
export function createTally(subscribers: number, messages: number): Tally {
  const seen = new Uint8Array(subscribers * messages);
  const latenciesMs: number[] = [];
  let duplicates = 0;
  return {
    arrived(subscriber, message, latencyMs) {
      const cell = subscriber * messages + message;
      if (seen[cell]) duplicates += 1;
      else latenciesMs.push(latencyMs);
      seen[cell] = 1;
    },
    get delivered() {
      return latenciesMs.length;
    },
    result() {
      const expected = subscribers * messages;
      const delivered = latenciesMs.length;
      const sorted = Float64Array.from(latenciesMs).sort();
      const quantile = (share: number): number =>
        Math.round((sorted[Math.ceil(share * sorted.length) - 1] ?? 0) * 10) / 10;
      const lost = expected - delivered;
      const latency = { p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
      return { subscribers, messages, expected, delivered, lost, duplicates, ...latency };
    },
  };
}
