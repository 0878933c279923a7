/** What a publication to one subscriber of EVENTS messages costs, in units that the local stack counts as AWS does. */
import { randomUUID } from "node:crypto";
import { getPublicationStatus, publishToTopic } from "lambda-websocket-pubsub";
import { subtractUsage, type Usage } from "lambda-websocket-pubsub-local";
import { describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle } from "../support/queues.ts";
import { connectSubscriber, eventsIn, type TestSocket } from "../support/sockets.ts";

const PUBLICATIONS = 20;

/** Messages are handled one by one, as they are when they come one by one. */
const local = stackForFile(() => ({ fanout: { batchSize: 1 } }));

const offsetsReceived = ({ received }: TestSocket): number[] =>
  eventsIn(received).map(({ offset }) => offset);

/** Publishes one event after the other, and returns the usage without the requests of the test itself. */
async function publishOneByOne(
  topicId: string,
  inlineFanoutMax?: number,
): Promise<{ usage: Usage; socket: TestSocket }> {
  const config = { ...local.config, ...(inlineFanoutMax !== undefined && { inlineFanoutMax }) };
  const socket = await connectSubscriber(local.stack, topicId, "event");
  // The first publication reads the end of the log, and starts a worker
  await publishToTopic({ topicId, data: 0, config });
  await eventually(() => expect(offsetsReceived(socket)).toEqual([1]));
  await fanoutIdle(local);
  const before = local.stack.usage();
  for (let n = 1; n <= PUBLICATIONS; n++) {
    await publishToTopic({ topicId, data: n, config });
    await eventually(() => expect(offsetsReceived(socket)).toHaveLength(n + 1));
  }
  await eventually(() => expect(local.stack.stats().queue).toMatchObject({ inFlight: 0 }));
  const usage = subtractUsage(local.stack.usage(), before);
  for (const offset of [1, PUBLICATIONS + 1]) {
    const epoch = eventsIn(socket.received)[0]?.epoch ?? "";
    const status = await getPublicationStatus({ topicId, epoch, offset, config });
    expect(status).toMatchObject({ state: "complete", delivered: 1, pages: 1 });
  }
  return { usage, socket };
}

describe("a publication to one subscriber", () => {
  it("takes at most 2 write and 1.5 read units through the queue", async () => {
    const { usage, socket } = await publishOneByOne(randomUUID());
    expect(usage.dynamodb.writeUnits / PUBLICATIONS).toBeLessThanOrEqual(2);
    expect(usage.dynamodb.readUnits / PUBLICATIONS).toBeLessThanOrEqual(1.5);
    expect(usage.lambda.requests).toBe(PUBLICATIONS);
    expect(offsetsReceived(socket)).toEqual(Array.from({ length: PUBLICATIONS + 1 }, (_, n) => n + 1));
  });

  it("takes at most 2 write and 1.5 read units inline, and neither a queue message nor a worker", async () => {
    const { usage, socket } = await publishOneByOne(randomUUID(), 25);
    expect(usage.dynamodb.writeUnits / PUBLICATIONS).toBeLessThanOrEqual(2);
    expect(usage.dynamodb.readUnits / PUBLICATIONS).toBeLessThanOrEqual(1.5);
    expect(usage.sqs.requests - usage.sqs.emptyReceives).toBe(0);
    expect(usage.lambda.requests).toBe(0);
    expect(usage.apiGateway.messages).toBe(PUBLICATIONS);
    expect(offsetsReceived(socket)).toEqual(Array.from({ length: PUBLICATIONS + 1 }, (_, n) => n + 1));
  });
});
