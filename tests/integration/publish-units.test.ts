/** What a PUBLISH to a topic of its publisher and one other subscriber costs, in units that the local stack counts as AWS does. */
import { randomUUID } from "node:crypto";
import { mintTopicToken } from "lambda-websocket-pubsub/tokens";
import { subtractUsage, type Usage } from "lambda-websocket-pubsub-local";
import { describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle } from "../support/queues.ts";
import { connect, eventsIn, type Frame } from "../support/sockets.ts";

const PUBLICATIONS = 20;
const secret = `secret-${randomUUID()}`;

/** Messages are handled one by one, as they are when they come one by one. */
const local = stackForFile(() => ({
  fanout: { batchSize: 1 },
  websocket: { maximumConcurrency: 1 },
  functions: { websocket: functionPath("websocket-publish") },
  functionEnv: { TOPIC_TOKEN_SECRETS: JSON.stringify([secret]) },
}));

async function publishOneByOne(options: { subject?: string; withIds?: true } = {}): Promise<Usage> {
  const { withIds, ...claims } = options;
  const topicId = randomUUID();
  const token = await mintTopicToken({ topicId, publish: [topicId], secret, ...claims });
  const [publisher, other] = [await connect(local.stack), await connect(local.stack)];
  for (const socket of [publisher, other]) {
    await socket.request({ action: "SUBSCRIBE", topicId, token, format: "event" });
  }
  const publish = async (data: number): Promise<Frame> => {
    const id = withIds ? { publicationId: randomUUID() } : {};
    const answer = await publisher.request({ action: "PUBLISH", topicId, token, data, ...id });
    await eventually(() => expect(eventsIn(other.received).at(-1)).toMatchObject({ data }));
    return answer;
  };
  // The first publication reads the end of the log, and starts a worker
  expect(await publish(0)).toMatchObject({ type: "PUBLISHED" });
  await fanoutIdle(local);
  const before = local.stack.usage();
  for (let n = 1; n <= PUBLICATIONS; n++) expect(await publish(n)).toMatchObject({ type: "PUBLISHED" });
  await eventually(() => expect(local.stack.stats().queue).toMatchObject({ inFlight: 0 }));
  expect(publisher.received).toEqual([]);
  return subtractUsage(local.stack.usage(), before);
}

/** The row of the event and the fan-out's record, and a fourth of a unit for the connection's account. */
const WRITES = 2.3;
/** The connection's rows, and what the fan-out reads. */
const READS = 2;

describe("a PUBLISH to one other subscriber", () => {
  it.each([
    ["without a user and an id", {}, WRITES, READS],
    ["with a publication id, whose record is one more row", { withIds: true }, WRITES + 1, READS],
    ["of a user, whose revocations are one more read", { subject: "ada" }, WRITES, READS + 1],
  ] as const)("takes no more than its units: %s", async (_, options, writeUnits, readUnits) => {
    const usage = await publishOneByOne(options);
    expect(usage.dynamodb.writeUnits / PUBLICATIONS).toBeLessThanOrEqual(writeUnits);
    expect(usage.dynamodb.readUnits / PUBLICATIONS).toBeLessThanOrEqual(readUnits);
    // The message, the response, and the post to the other subscriber: none to the publisher
    expect(usage.apiGateway.messages).toBe(3 * PUBLICATIONS);
    expect(usage.lambda.requests).toBe(2 * PUBLICATIONS);
    expect(usage.sqs.requests - usage.sqs.emptyReceives).toBe(3 * PUBLICATIONS);
  });
});
