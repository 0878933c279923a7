/** A client that did not read cost all attempts and a dead letter for each publication, as long as it was connected. */
import { randomUUID } from "node:crypto";
import { UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import {
  type Consumer,
  countDeadLetters,
  getPublicationStatus,
  listSubscribers,
  publishToTopic,
} from "lambda-websocket-pubsub";
import { subtractUsage } from "lambda-websocket-pubsub-local";
import { beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle } from "../support/queues.ts";
import { readRows } from "../support/rows.ts";
import { collect } from "../support/samples.ts";
import { connectSubscribers, type TestSocket } from "../support/sockets.ts";

const local = stackForFile(() => ({ functions: { fanout: functionPath("fanout-two-attempts") } }));

/** Abandonments count as one within half a minute, so this moves them a minute into the past. */
async function aMinuteLater(): Promise<void> {
  for (const { p, u, abandonedAtMs } of await readRows(local, "consumer#")) {
    if (!abandonedAtMs || !p || !u) continue;
    const update = {
      TableName: local.config.dynamodbTableName,
      Key: { p, u },
      UpdateExpression: "SET abandonedAtMs = abandonedAtMs - :minute",
      ExpressionAttributeValues: { ":minute": { N: "60000" } },
    };
    await local.dynamodb.send(new UpdateItemCommand(update));
  }
}

/** The steps build on each other. */
describe("one consumer of five that does not read", () => {
  const topicId = randomUUID();
  let sockets: TestSocket[];
  let deaf: Consumer;
  let endFault: () => void;
  const received = (): string[] => sockets.flatMap((socket) => socket.received);

  async function publish(
    data: string,
  ): Promise<{ abandoned: number; sqsRequests: number; writeUnits: number }> {
    const before = local.stack.usage();
    const { epoch, offset } = await publishToTopic({ topicId, data, config: local.config });
    await fanoutIdle(local);
    const { sqs, dynamodb } = subtractUsage(local.stack.usage(), before);
    const { abandoned } = await getPublicationStatus({ topicId, epoch, offset, config: local.config });
    return { abandoned, sqsRequests: sqs.requests - sqs.emptyReceives, writeUnits: dynamodb.writeUnits };
  }
  const subscribers = (): Promise<Consumer[]> => collect(listSubscribers({ topicId, config: local.config }));

  beforeAll(async () => {
    sockets = await connectSubscribers(local.stack, topicId, 5);
    deaf = await eventually(async () => {
      const consumers = await subscribers();
      expect(consumers).toHaveLength(5);
      return consumers[2] as Consumer;
    });
    endFault = local.stack.faults.post({
      match: ({ connectionId, body }) => connectionId === deaf.connectionId && body.toString() !== "again",
      answer: { status: 429, errorType: "LimitExceededException" },
    });
  });

  it("is abandoned in the ledger and counted in its row, without a dead letter", async () => {
    expect((await publish("first")).abandoned).toBe(1);
    const counted = (await readRows(local, "consumer#")).filter((row) => row.abandonedAtMs);
    expect(counted).toMatchObject([{ abandonedInRow: { N: "1" }, abandonedInAll: { N: "1" } }]);
    expect(await countDeadLetters({ config: local.config })).toEqual({ visible: 0, held: 0 });
  });

  it("has one attempt at the next publication, without a redelivery", async () => {
    await aMinuteLater();
    const lines = (): number => local.log.filter((line) => line.includes(`"redelivery-queued"`)).length;
    const before = lines();
    expect((await publish("second")).abandoned).toBe(1);
    expect(lines()).toBe(before);
    expect(await subscribers()).toHaveLength(5);
  });

  it("loses its subscription at the third, which the log and the metrics report", async () => {
    await aMinuteLater();
    expect((await publish("third")).abandoned).toBe(1);
    await eventually(async () => {
      const left = (await subscribers()).map(({ connectionId }) => connectionId);
      expect(left).toHaveLength(4);
      expect(left).not.toContain(deaf.connectionId);
    });
    const ended = local.log.filter((line) => line.includes(`"subscription-ended"`));
    expect(ended.map((line) => JSON.parse(line))).toMatchObject([
      { level: "WARN", topicId, consumer: deaf, inRow: 3, inAll: 3, reason: "throttled (429)" },
    ]);
    await eventually(() => expect(local.log.join("\n")).toContain(`"SubscriptionEnded":1`));
  });

  it("costs the next publications nothing, and the others receive them all", async () => {
    expect((await publish("fourth")).abandoned).toBe(0);
    await eventually(() => expect(received()).toHaveLength(4 * 4));
    expect(await countDeadLetters({ config: local.config })).toEqual({ visible: 0, held: 0 });
  });

  it("receives again after it has subscribed again", async () => {
    endFault();
    for (const socket of sockets) socket.send(JSON.stringify({ action: "SUBSCRIBE", topicId }));
    await eventually(async () => expect(await subscribers()).toHaveLength(5));
    await publish("again");
    await eventually(() => expect(received().filter((data) => data === "again")).toHaveLength(5));
  });
});
