import { setTimeout as delay } from "node:timers/promises";
import { type PubsubConfig, publishToTopic } from "lambda-websocket-pubsub";
import { type LocalStack, subtractUsage, type Usage } from "lambda-websocket-pubsub-local";
import { untilQuiet } from "../support/until-quiet.ts";
import { type Connection, openConnection, type Pong, type Position } from "./connection.ts";

/** What the messages of a quiet connection take, one usage for each round. */
export interface MeasuredIdle {
  topics: number;
  /** A PING that names all topics, when nothing else asked for them a moment ago. */
  cold: { usage: Usage; ms: number }[];
  /** A second PING of the same kind at once after the first. */
  warm: Usage[];
  /** A PING that names nothing. */
  bare: Usage[];
  /** A new connection with all its subscriptions, and the end of the old one. */
  reconnect: Usage[];
  /** Events that came although none was missing. */
  events: number;
}

/** Longer than anything that a function may keep in memory for other PINGs. */
const FORGOTTEN_AFTER_MS = 2_500;

export async function measureIdle(stack: LocalStack, topics: number, rounds: number): Promise<MeasuredIdle> {
  const positions = await publishOneEach(stack, topics);
  let connection = await connect(stack, positions);
  const usageOf = async (act: () => Promise<unknown>): Promise<Usage> => {
    const before = await untilQuiet(stack);
    await act();
    return subtractUsage(await untilQuiet(stack), before);
  };
  /**
   * Measures PINGs, and again if one ran out of time on a busy machine. Its reads go on, and the SDK repeats those that take
   * ten seconds, so that they would count for the next one: they end with their process.
   */
  const usageOfPings = async (count: number): Promise<{ usage: Usage; ms: number }> => {
    for (;;) {
      await delay(FORGOTTEN_AFTER_MS);
      const pongs: Pong[] = [];
      const usage = await usageOf(async () => {
        while (pongs.length < count) pongs.push(await connection.ping(positions));
      });
      const [first] = pongs;
      if (first && pongs.every(({ isComplete }) => isComplete)) return { usage, ms: first.ms };
      stack.faults.workers.kill("websocket");
      await connection.ping(positions);
    }
  };
  const measured: MeasuredIdle = { topics, cold: [], warm: [], bare: [], reconnect: [], events: 0 };
  try {
    await connection.ping(positions); // opens the function's connections
    for (let round = 0; round < rounds; round++) {
      const cold = await usageOfPings(1);
      measured.cold.push(cold);
      const both = await usageOfPings(2);
      measured.warm.push(subtractUsage(both.usage, cold.usage));
      measured.bare.push(await usageOf(() => connection.ping()));
      measured.reconnect.push(
        await usageOf(async () => {
          const next = await connect(stack, positions);
          measured.events += connection.events();
          await connection.close();
          connection = next;
        }),
      );
    }
    measured.events += connection.events();
    return measured;
  } finally {
    await connection.close();
    await untilQuiet(stack);
  }
}

/** Publishes one event to each topic, and returns the positions after them. */
async function publishOneEach(stack: LocalStack, topics: number): Promise<Record<string, Position>> {
  const { dynamodbTableName, fanoutQueueUrl } = stack;
  const config: PubsubConfig = { dynamodbTableName, fanoutQueueUrl };
  const positions: Record<string, Position> = {};
  for (let index = 0; index < topics; index++) {
    const topicId = `idle-${topics}-${index}`;
    const { epoch, offset } = await publishToTopic({ topicId, data: { index }, config });
    positions[topicId] = { epoch, offset };
  }
  await untilQuiet(stack);
  return positions;
}

async function connect(
  stack: LocalStack,
  positions: Readonly<Record<string, Position>>,
): Promise<Connection> {
  const connection = await openConnection(stack.websocketUrl);
  for (const [topicId, position] of Object.entries(positions)) await connection.subscribe(topicId, position);
  return connection;
}
