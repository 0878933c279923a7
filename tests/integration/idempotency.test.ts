import { randomUUID } from "node:crypto";
import { publishToTopic, readTopicEvents, type TopicEvent } from "lambda-websocket-pubsub";
import { describe, expect, it } from "vitest";
import { closedPort } from "../support/free-ports.ts";
import { stackForFile } from "../support/local-stack.ts";
import { type Publication, startPublisher } from "../support/publisher-process.ts";
import { fanoutIdle } from "../support/queues.ts";
import { collect } from "../support/samples.ts";
import { connectSubscriber, type TestSocket } from "../support/sockets.ts";

/** A message whose page another worker has claimed returns sooner than from a real queue, so the test is quick. */
const local = stackForFile(() => ({ queue: { visibilityTimeoutSeconds: 5, maxReceiveCount: 100 } }));

async function eventsOf(topicId: string): Promise<TopicEvent[]> {
  return collect(readTopicEvents({ topicId, config: local.config }));
}

async function allDelivered({ received, settle }: TestSocket): Promise<string[]> {
  await fanoutIdle(local);
  await settle();
  return received.toSorted();
}

describe("a publication published twice", () => {
  it("writes one event at one offset and delivers it once", async () => {
    const topicId = randomUUID();
    const socket = await connectSubscriber(local.stack, topicId);
    const request = { topicId, data: "once", publicationId: "order-1", config: local.config };
    const first = await publishToTopic(request);
    const second = await publishToTopic({ ...request, data: "not this" });
    expect(first).toMatchObject({ topicId, publicationId: "order-1", offset: 1, duplicate: false });
    expect(second).toEqual({ ...first, duplicate: true });
    expect(await allDelivered(socket)).toEqual(["once"]);
    expect(await eventsOf(topicId)).toMatchObject([{ offset: 1, publicationId: "order-1", data: "once" }]);
  });

  it("stores one event when the same publication id is used concurrently", async () => {
    const topicId = randomUUID();
    const socket = await connectSubscriber(local.stack, topicId);
    const request = { topicId, data: "at once", publicationId: "order-2", config: local.config };
    const results = await Promise.all(Array.from({ length: 5 }, () => publishToTopic(request)));
    expect(results.map(({ offset }) => offset)).toEqual([1, 1, 1, 1, 1]);
    expect(results.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(await allDelivered(socket)).toEqual(["at once"]);
    expect(await eventsOf(topicId)).toHaveLength(1);
  });

  it("writes an event in each topic when two topics use the same publication id", async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    const request = { data: "both", publicationId: "order-3", config: local.config };
    await publishToTopic({ ...request, topicId: one });
    expect(await publishToTopic({ ...request, topicId: other })).toMatchObject({ duplicate: false });
  });
});

describe("two processes that publish the same 30 publications", () => {
  it("stores 30 events, each new to exactly one process and delivered once", async () => {
    const topicId = randomUUID();
    const socket = await connectSubscriber(local.stack, topicId);
    const publishers = await Promise.all([startPublisher(local.stack.env), startPublisher(local.stack.env)]);
    const ids = Array.from({ length: 30 }, (_, index) => `publication-${String(index).padStart(2, "0")}`);
    const requests = ids.map((publicationId) => ({
      topicId,
      data: `data of ${publicationId}`,
      publicationId,
    }));
    const [ours = [], theirs = []] = await Promise.all(
      publishers.map((publisher) => publisher.publish(requests, 3)),
    );
    for (const [index, publicationId] of ids.entries()) {
      const both = [accepted(ours[index]), accepted(theirs[index])];
      expect(both.map(({ duplicate }) => duplicate).toSorted(), publicationId).toEqual([false, true]);
      expect(both[0]?.offset, publicationId).toBe(both[1]?.offset);
    }
    const events = await eventsOf(topicId);
    expect(events.map(({ offset }) => offset)).toEqual(ids.map((_, index) => index + 1));
    expect(events.map(({ publicationId }) => publicationId).toSorted()).toEqual(ids);
    expect(await allDelivered(socket)).toEqual(requests.map(({ data }) => data));
  });
});

describe("a publication whose fan-out could not be queued", () => {
  it("is rejected although it is in the log, and reaches its subscriber when it is published again", async () => {
    const topicId = randomUUID();
    const socket = await connectSubscriber(local.stack, topicId);
    const cutOff = await startPublisher({ ...local.stack.env, AWS_ENDPOINT_URL_SQS: await unusedEndpoint() });
    const request = { topicId, data: "delayed", publicationId: "order-4" };
    const refusal = { ok: false, code: "FANOUT_NOT_QUEUED", retryable: true };
    expect(await cutOff.publish([request])).toEqual([refusal]);
    expect(await cutOff.publish([request])).toEqual([refusal]);
    expect(await eventsOf(topicId)).toHaveLength(1);
    expect(await allDelivered(socket)).toEqual([]);

    const again = await publishToTopic({ ...request, config: local.config });
    expect(again).toMatchObject({ offset: 1, duplicate: true });
    expect(await allDelivered(socket)).toEqual(["delayed"]);

    // The ledger now records that its fan-out has begun, so nothing is sent a second time
    await publishToTopic({ ...request, config: local.config });
    expect(await allDelivered(socket)).toEqual(["delayed"]);
    expect(await eventsOf(topicId)).toHaveLength(1);
  });
});

function accepted(publication: Publication | undefined): Extract<Publication, { ok: true }> {
  if (!publication?.ok) throw new Error(`not published: ${JSON.stringify(publication)}`);
  return publication;
}

/** No server listens there. */
async function unusedEndpoint(): Promise<string> {
  return `http://127.0.0.1:${await closedPort()}`;
}
