/** What publishers see when DynamoDB and SQS throttle or refuse their calls, by either transport. */
import { randomUUID } from "node:crypto";
import { readTopicEvents } from "lambda-websocket-pubsub";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { CallSubject } from "../../packages/local/src/faults/call-fault-types.ts";
import { stackForFile } from "../support/local-stack.ts";
import { type PublisherProcess, startPublisher } from "../support/publisher-process.ts";
import { fanoutIdle } from "../support/queues.ts";
import { collect } from "../support/samples.ts";
import { connectSubscriber } from "../support/sockets.ts";

const local = stackForFile();

/** Whether a call is about a topic. Other tests' and the functions' calls are not hit. */
const isAbout =
  (topicId: string) =>
  ({ body }: CallSubject): boolean =>
    JSON.stringify(body).includes(topicId);

describe.each(["direct", "sdk"] as const)("a publisher with the transport %s", (PUBSUB_TRANSPORT) => {
  let publisher: PublisherProcess;
  let topicId: string;
  const start = (env: Record<string, string> = {}): Promise<PublisherProcess> =>
    startPublisher({ ...local.stack.env, PUBSUB_TRANSPORT, ...env });
  beforeEach(async () => {
    topicId = randomUUID();
    publisher = await start();
    // The SDK makes the first calls to an endpoint, from which direct calls learn it
    expect(await publisher.publish([{ topicId: randomUUID(), data: 1, publicationId: "p" }])).toMatchObject([
      { ok: true },
    ]);
  });

  it.each(["ThrottlingError", "ProvisionedThroughputExceeded", "TransactionConflict"] as const)(
    "publishes once after its transaction was cancelled twice with %s",
    async (error) => {
      const socket = await connectSubscriber(local.stack, topicId);
      let cancelled = 0;
      const match = (call: CallSubject): boolean => isAbout(topicId)(call) && ++cancelled > 0;
      const operations = ["TransactWriteItems"];
      onTestFinished(local.stack.faults.dynamodb({ operations, error, match, times: 2 }));
      const request = { topicId, data: "in spite of it", publicationId: "order-1" };
      expect(await publisher.publish([request])).toMatchObject([{ ok: true, offset: 1, duplicate: false }]);
      expect(cancelled).toBe(2);
      await fanoutIdle(local);
      await socket.settle();
      expect(socket.received).toEqual(["in spite of it"]);
      expect(await collect(readTopicEvents({ topicId, config: local.config }))).toHaveLength(1);
    },
  );

  it("publishes a group of events once, in order, when its transactions are throttled and a response is lost", async () => {
    const match = isAbout(topicId);
    const { dynamodb } = local.stack.faults;
    const operations = ["TransactWriteItems"];
    onTestFinished(dynamodb({ operations, act: "lose-answer", match, times: 1 }));
    onTestFinished(dynamodb({ operations, error: "ThrottlingError", match, times: 2 }));
    const requests = Array.from({ length: 20 }, (_, n) => ({ topicId, data: n }));
    const outcomes = await publisher.publish(requests, requests.length);
    expect(outcomes.map(({ ok }) => ok)).toEqual(requests.map(() => true));
    const events = await collect(readTopicEvents({ topicId, config: local.config }));
    expect(events.map(({ data }) => data).toSorted()).toEqual(requests.map(({ data }) => data).toSorted());
    expect(events.map(({ offset }) => offset)).toEqual(requests.map((_, n) => n + 1));
  });

  it("publishes after SQS's key was throttled twice", async () => {
    const socket = await connectSubscriber(local.stack, topicId);
    const operations = ["SendMessageBatch"];
    const match = isAbout(topicId);
    onTestFinished(local.stack.faults.sqs({ operations, error: "KmsThrottled", match, times: 2 }));
    expect(await publisher.publish([{ topicId, data: "later" }])).toMatchObject([{ ok: true }]);
    await fanoutIdle(local);
    await socket.settle();
    expect(socket.received).toEqual(["later"]);
  });

  /** The outcomes of one publish for each error, while SQS or DynamoDB refuses every call with it. */
  async function outcomesOf<Name>(
    errors: readonly Name[],
    order: (error: Name) => () => void,
  ): Promise<object> {
    const outcomes: Record<string, unknown> = {};
    for (const error of errors) {
      const dispose = order(error);
      const [outcome] = await publisher.publish([{ topicId, data: "refused", publicationId: randomUUID() }]);
      dispose();
      outcomes[String(error)] = outcome;
    }
    return outcomes;
  }

  it("rejects with retryable as SQS's refusal says", async () => {
    const final = { ok: false, code: "FANOUT_NOT_QUEUED", retryable: false };
    const passing = { ...final, retryable: true };
    const expected = {
      AccessDenied: final,
      KmsAccessDenied: final,
      KmsDisabled: final,
      InvalidAddress: final,
      BatchRequestTooLong: final,
      QueueDoesNotExist: final,
      RequestThrottled: passing,
      KmsThrottled: passing,
      ServiceUnavailable: passing,
    };
    const errors = Object.keys(expected) as (keyof typeof expected)[];
    const order = { operations: ["SendMessageBatch"], match: isAbout(topicId) };
    expect(await outcomesOf(errors, (error) => local.stack.faults.sqs({ ...order, error }))).toEqual(
      expected,
    );
  });

  it("rejects with retryable as DynamoDB's refusal says", async () => {
    const final = { ok: false, code: "STORAGE_FAILED", retryable: false };
    const expected = {
      AccessDeniedException: final,
      ResourceNotFoundException: final,
      ExpiredTokenException: final,
      InternalServerError: { ...final, retryable: true },
    };
    const errors = Object.keys(expected) as (keyof typeof expected)[];
    const order = { match: isAbout(topicId) };
    expect(await outcomesOf(errors, (error) => local.stack.faults.dynamodb({ ...order, error }))).toEqual(
      expected,
    );
  });

  it.each([
    ["a queue that does not exist", (url: string) => `${url}-none`, "FANOUT_NOT_QUEUED"],
    ["a FIFO queue", (url: string) => `${url}.fifo`, "INVALID_ARGUMENT"],
  ])("rejects as not retryable with %s", async (_, change, code) => {
    const other = await start({ PUBSUB_QUEUE_URL: change(local.config.fanoutQueueUrl) });
    expect(await other.publish([{ topicId, data: "refused" }])).toEqual([
      { ok: false, code, retryable: false },
    ]);
    const stored = await collect(readTopicEvents({ topicId, config: local.config }));
    expect(stored).toHaveLength(code === "INVALID_ARGUMENT" ? 0 : 1);
  });

  it("rejects as not retryable without a Region", async () => {
    const other = await start({ AWS_REGION: "", AWS_CONFIG_FILE: "/dev/null" });
    expect(await other.publish([{ topicId, data: "refused" }])).toEqual([
      { ok: false, code: "STORAGE_FAILED", retryable: false },
    ]);
  });
});
