import { setTimeout as sleep } from "node:timers/promises";
import { publishToTopic } from "lambda-websocket-pubsub";
import type { LocalStack } from "lambda-websocket-pubsub-local";
import type { Ends } from "../audience/main.ts";
import type { Violation } from "../check/violation.ts";
import type { Line } from "../lines.ts";
import type { Child } from "./child.ts";
import type { AwsClients } from "./clients.ts";
import { countQueuedMessages } from "./queued-messages.ts";

/**
 * After the last fault, this much time may pass without progress: with as many messages queued and clients behind as
 * before. The longest redeliveries take 2 + 4 + 8 s, each plus a claim's lease and a visibility timeout. A client pauses
 * up to 30 s. How long the whole backlog takes depends on the machine.
 */
export const MAX_STANDSTILL_MS = 240_000;
const POLL_MS = 250;

export interface Settled {
  seconds: number;
  violations: Violation[];
}

/** Publishes once more to each topic. Then it waits until the queue is empty and every client is at its topic's end. */
export async function settle(
  stack: LocalStack,
  topics: readonly string[],
  { awsClients, audience, record }: { awsClients: AwsClients; audience: Child; record(line: Line): void },
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
  let fewest = Number.POSITIVE_INFINITY;
  let progressAtMs = startedMs;
  for (;;) {
    const { visible, inFlight, delayed, all } = await countQueuedMessages(awsClients, fanoutQueueUrl);
    audience.send({ ends });
    const { behind } = (await audience.next()) as { behind: number };
    const nowMs = performance.now();
    const seconds = Math.round((nowMs - startedMs) / 100) / 10;
    if (all === 0 && behind === 0) return { seconds, violations: [] };
    if (all + behind < fewest) {
      fewest = all + behind;
      progressAtMs = nowMs;
    }
    if (nowMs - progressAtMs > MAX_STANDSTILL_MS) {
      const found = `${seconds} s after the last fault, the fan-out queue has ${visible} visible, ${inFlight} in-flight and ${delayed} delayed messages; ${behind} clients are behind`;
      return { seconds, violations: [{ promise: "settling", found }] };
    }
    await sleep(POLL_MS);
  }
}
