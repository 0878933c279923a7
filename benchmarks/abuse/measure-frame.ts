import { setTimeout as delay } from "node:timers/promises";
import { costOf, type LocalStack, subtractUsage } from "lambda-websocket-pubsub-local";
import { until } from "../support/until.ts";
import { untilQuiet } from "../support/until-quiet.ts";
import { connectClient } from "./client.ts";
import type { AbusiveFrame, Who } from "./frames.ts";

export interface FrameCost {
  who: Who;
  frame: string;
  bytes: number;
  dollarsPerMillion: number;
  /** For one message. API Gateway's messages are in both directions. */
  readUnits: number;
  writeUnits: number;
  messages: number;
  gbSeconds: number;
  /** What the posts of one message carried. Data transfer is not in the dollars. */
  postedBytes: number;
}

/** One of the largest messages takes nearly all that the brake permits at once. After this time it permits another. */
const PAUSE_MS = 9_000;

/**
 * Sends a message several times, and returns what one of them costs: the average of all units but the time of the function,
 * of which it is the shortest. The billed time includes what the function waits for this machine's processor, and other work
 * on the machine only adds to that.
 */
export async function measureFrame(
  stack: LocalStack,
  frame: AbusiveFrame,
  { times, postedBytes }: { times: number; postedBytes: () => number },
): Promise<FrameCost> {
  const client = await connectClient(stack.websocketUrl);
  try {
    await client.subscribe(frame.subscribedTo);
    // The first one warms the environment up, and opens its connections
    await sendAndWait(0);
    const first = await untilQuiet(stack);
    const postedBefore = postedBytes();
    let last = first;
    let gbSeconds = Number.POSITIVE_INFINITY;
    for (let n = 1; n <= times; n++) {
      await sendAndWait(n);
      const before = last;
      last = await untilQuiet(stack);
      gbSeconds = Math.min(gbSeconds, subtractUsage(last, before).lambda.gbSeconds);
    }
    const usage = subtractUsage(last, first);
    const { total } = costOf({
      ...usage,
      apiGateway: { ...usage.apiGateway, connectionMinutes: 0 },
      lambda: { ...usage.lambda, gbSeconds: times * gbSeconds },
    });
    return {
      who: frame.who,
      frame: frame.name,
      bytes: frame.text(0).length,
      dollarsPerMillion: (1_000_000 * total) / times,
      readUnits: usage.dynamodb.readUnits / times,
      writeUnits: usage.dynamodb.writeUnits / times,
      messages: usage.apiGateway.messages / times,
      gbSeconds,
      postedBytes: (postedBytes() - postedBefore) / times,
    };
  } finally {
    client.close();
  }

  async function sendAndWait(n: number): Promise<void> {
    if (frame.isLarge) await delay(PAUSE_MS);
    const before = client.responses();
    client.send(frame.text(n), frame.pieces);
    await until(`a response to ${frame.name}`, () => client.responses() > before, 60_000);
    if (client.refusals() > 0) throw new Error(`${frame.name} was refused, so its cost is not known`);
    // A replay comes after the response
    await untilQuiet(stack);
  }
}
