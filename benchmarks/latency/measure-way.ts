import type { Way } from "./orders.ts";
import type { LatencyProcesses } from "./processes.ts";

export interface Audience {
  topicId: string;
  count: number;
  publishes: number;
}

export interface WayRound {
  /** Latencies from each publish to each subscriber. */
  latenciesMs: number[];
  /** Deliveries that had not arrived at the timeout. */
  lost: number;
}

const ARRIVAL_TIMEOUT_MS = 30_000;
/** Pause between publishes, so that none waits for the end of the previous one: responses, ledger, next receive. */
const PAUSE_MS = 100;

let message = 0;

/** Publishes one message after the other. Each waits until the previous one has arrived at every subscriber. */
export async function measureWay(
  { publisher, subscribers }: LatencyProcesses,
  way: Way,
  { topicId, count, publishes }: Audience,
  { pauseMs }: { pauseMs: number } = { pauseMs: PAUSE_MS },
): Promise<WayRound> {
  const latenciesMs: number[] = [];
  for (let published = 0; published < publishes; published++) {
    message += 1;
    const { sentMs } = await publisher.ask({ way, topicId, message });
    const order = { message, expected: count, timeoutMs: ARRIVAL_TIMEOUT_MS };
    const { arrivedMs } = await subscribers.ask({ do: "arrivals", ...order });
    latenciesMs.push(...arrivedMs.map((atMs) => atMs - sentMs));
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return { latenciesMs, lost: publishes * count - latenciesMs.length };
}
