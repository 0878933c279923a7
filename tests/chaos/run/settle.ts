import { setTimeout as sleep } from "node:timers/promises";
import { publishToTopic } from "lambda-websocket-pubsub";
import type { LocalStack } from "lambda-websocket-pubsub-local";
import type { Ends } from "../audience/main.ts";
import type { Violation } from "../check/violation.ts";
import type { Line } from "../lines.ts";
import type { Child } from "./child.ts";
import type { Lookers } from "./clients.ts";
import { queuedMessages } from "./queued-messages.ts";

/**
 * When the last fault is lifted, everything comes to rest: the longest way of a redelivery (2 + 4 + 8 s), a claim's
 * lease and a message's visibility behind each, a client's longest pause (30 s), and before all that what has piled up
 * while one thing or another was always failing.
 */
export const SETTLE_MS = 240_000;
const LOOK_EVERY_MS = 250;

export interface Settled {
  seconds: number;
  violations: Violation[];
}

/** Publishes once more to each topic, then waits until the queue is empty and every client is at its topic's end. */
export async function settle(
  stack: LocalStack,
  topics: readonly string[],
  { lookers, audience, record }: { lookers: Lookers; audience: Child; record(line: Line): void },
): Promise<Settled> {
  const startedMs = performance.now();
  const { dynamodbTableName, fanoutQueueUrl } = stack;
  const config = { dynamodbTableName, fanoutQueueUrl };
  const ends: Ends = {};
  for (const topic of topics) {
    const m = `last-${topic}`;
    record({ at: Date.now(), k: "begin", topic, m });
    const { epoch, offset } = await publishToTopic({ topicId: topic, data: { m }, config });
    record({ at: Date.now(), k: "ok", topic, m, epoch, offset, duplicate: false });
    ends[topic] = { epoch, offset };
  }
  for (;;) {
    const { visible, inFlight, delayed, all } = await queuedMessages(lookers, fanoutQueueUrl);
    audience.send({ ends });
    const { behind } = (await audience.next()) as { behind: number };
    const elapsedMs = performance.now() - startedMs;
    const seconds = Math.round(elapsedMs / 100) / 10;
    if (all === 0 && behind === 0) return { seconds, violations: [] };
    if (elapsedMs > SETTLE_MS) {
      const found = `${seconds} s after the last fault the fan-out queue has ${visible} messages, ${inFlight} in flight and ${delayed} delayed; ${behind} clients are behind`;
      return { seconds, violations: [{ promise: "settling", found }] };
    }
    await sleep(LOOK_EVERY_MS);
  }
}
