import { randomUUID } from "node:crypto";
import { getPublicationStatus, type PublishResult, publishToTopic } from "lambda-websocket-pubsub";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle } from "../support/queues.ts";
import { readRows } from "../support/rows.ts";
import { connectSubscriber, connectSubscribers, type TestSocket } from "../support/sockets.ts";

const local = stackForFile();

const statusOf = ({ topicId, epoch, offset }: PublishResult): ReturnType<typeof getPublicationStatus> =>
  getPublicationStatus({ topicId, epoch, offset, config: local.config });

/** The messages that each socket has received when no delivery is left. */
async function deliveries(sockets: readonly TestSocket[]): Promise<string[][]> {
  await fanoutIdle(local);
  await Promise.all(sockets.map((socket) => socket.settle()));
  return sockets.map(({ received }) => received);
}

describe("300 subscribers, of whose posts every hundredth fails", () => {
  const topicId = randomUUID();
  let sockets: TestSocket[];
  beforeAll(async () => {
    sockets = await connectSubscribers(local.stack, topicId, 300);
  });

  it.each([
    ["an internal error", { status: 500, errorType: "InternalServerErrorException" }],
    ["a throttled request", { status: 429, errorType: "LimitExceededException" }],
  ])("delivers the event once to each in spite of %s", async (data, answer) => {
    const faultsBefore = local.stack.stats().gateway.postFaults;
    let posts = 0;
    const isEvent = (body: Buffer): boolean => body.toString() === data;
    const match = ({ body }: { body: Buffer }): boolean => isEvent(body) && ++posts % 100 === 0;
    onTestFinished(local.stack.faults.post({ match, answer }));
    const publication = await publishToTopic({ topicId, data, config: local.config });
    for (const received of await deliveries(sockets)) {
      expect(received.filter((text) => text === data)).toEqual([data]);
    }
    expect(posts).toBe(303);
    expect(local.stack.stats().gateway.postFaults - faultsBefore).toBe(3);
    expect(await statusOf(publication)).toMatchObject({
      state: "complete",
      delivered: 300,
      retried: 3,
      abandoned: 0,
      gone: 0,
    });
  });
});

describe("a post that the network cuts off", () => {
  it("is retried, as the only one, when nothing was delivered", async () => {
    const topicId = randomUUID();
    const sockets = await connectSubscribers(local.stack, topicId, 10);
    const match = ({ body }: { body: Buffer }): boolean => body.toString() === "cut off";
    onTestFinished(local.stack.faults.post({ match, act: "reset", times: 1 }));
    const publication = await publishToTopic({ topicId, data: "cut off", config: local.config });
    for (const received of await deliveries(sockets)) expect(received).toEqual(["cut off"]);
    expect(await statusOf(publication)).toMatchObject({ state: "complete", delivered: 10, retried: 1 });
  });

  it("reaches only its subscriber twice when only the response was lost", async () => {
    const topicId = randomUUID();
    const sockets = await connectSubscribers(local.stack, topicId, 10);
    const match = ({ body }: { body: Buffer }): boolean => body.toString() === "unanswered";
    onTestFinished(local.stack.faults.post({ match, act: "reset-after-delivery", times: 1 }));
    await publishToTopic({ topicId, data: "unanswered", config: local.config });
    const received = await deliveries(sockets);
    const counts = received.map((frames) => frames.filter((text) => text === "unanswered").length);
    expect(counts.toSorted()).toEqual([...Array(9).fill(1), 2]);
  });
});

describe("a connection whose post returns 410 within 30 s of subscribing", () => {
  it("is retried and keeps its subscription", async () => {
    const topicId = randomUUID();
    const socket = await connectSubscriber(local.stack, topicId);
    const match = ({ body }: { body: Buffer }): boolean => body.toString() === "so young";
    const answer = { status: 410, errorType: "GoneException" };
    onTestFinished(local.stack.faults.post({ match, answer, times: 1 }));
    const publication = await publishToTopic({ topicId, data: "so young", config: local.config });
    expect(await deliveries([socket])).toEqual([["so young"]]);
    expect(await statusOf(publication)).toMatchObject({
      state: "complete",
      delivered: 1,
      retried: 1,
      gone: 0,
      abandoned: 0,
    });
    const rows = await readRows(local, "consumer#");
    expect(rows.filter(({ u }) => u?.S === `topic#${topicId}`)).toHaveLength(1);
  });
});
