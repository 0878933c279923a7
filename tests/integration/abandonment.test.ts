import { randomUUID } from "node:crypto";
import {
  type Consumer,
  countDeadLetters,
  getPublicationStatus,
  listSubscribers,
  type PublicationStatus,
  type PublishResult,
  publishToTopic,
} from "lambda-websocket-pubsub";
import { beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle } from "../support/queues.ts";
import { readRows } from "../support/rows.ts";
import { collect } from "../support/samples.ts";
import { connectSubscribers, type TestSocket } from "../support/sockets.ts";

const DATA = "too much for one";

/** Posts of the event that were delivered. */
let delivered = 0;
const local = stackForFile(() => ({
  functions: { fanout: functionPath("fanout-two-attempts") },
  gateway: {
    onPost: ({ body, delivered: isDelivered }) => {
      if (isDelivered && body?.toString() === DATA) delivered += 1;
    },
  },
}));

/** Its buffer is full and stays full, so every post of the event to it returns 429. The steps build on each other. */
describe("one consumer of 100 that does not read", () => {
  const topicId = randomUUID();
  let sockets: TestSocket[];
  let slow: Consumer;
  let publication: PublishResult;
  /** The number of other consumers that had the event, at each post to the slow one. */
  const deliveredByThen: number[] = [];
  let endFault: () => void;

  const status = async (): Promise<PublicationStatus> => {
    const { epoch, offset } = publication;
    return getPublicationStatus({ topicId, epoch, offset, config: local.config });
  };

  beforeAll(async () => {
    sockets = await connectSubscribers(local.stack, topicId, 100);
    slow = await eventually(async () => {
      const consumers = await collect(listSubscribers({ topicId, config: local.config }));
      expect(consumers).toHaveLength(100);
      return consumers[42] as Consumer;
    });
    endFault = local.stack.faults.post({
      match: ({ connectionId, body }) =>
        connectionId === slow.connectionId && body.toString() === DATA && deliveredByThen.push(delivered) > 0,
      answer: { status: 429, errorType: "LimitExceededException" },
    });
  });

  it("does not delay the other consumers", async () => {
    publication = await publishToTopic({ topicId, data: DATA, config: local.config });
    await eventually(() => expect(received(sockets)).toHaveLength(99));
  });

  it("is tried twice, with short retries, then abandoned and logged", async () => {
    await fanoutIdle(local);
    // Three tries in each attempt. The first 429 that a worker receives could be the account's and does not count
    expect(deliveredByThen.length).toBeGreaterThanOrEqual(6);
    expect(deliveredByThen.length).toBeLessThanOrEqual(8);
    // The second attempt began after every other consumer had the event
    expect(deliveredByThen.at(-3)).toBe(99);
    expect(await status()).toMatchObject({ state: "complete", delivered: 99, gone: 0, abandoned: 1 });
    const [row, ...more] = await readRows(local, `fanout#${topicId}#`).then((rows) =>
      rows.filter(({ u }) => u?.S?.startsWith("abandoned#")),
    );
    expect(more).toEqual([]);
    expect(row).toMatchObject({
      u: { S: expect.stringMatching(/^abandoned#000001\//) },
      consumers: { L: [{ S: `${slow.domainName}/${slow.stage}/${slow.connectionId}` }] },
      attempts: { N: "2" },
      reason: { S: "throttled (429)" },
      unlettered: { BOOL: true },
    });
  });

  it("leaves no dead letter, because an operator can do nothing about it", async () => {
    expect(await countDeadLetters({ config: local.config })).toEqual({ visible: 0, held: 0 });
  });

  it("receives the next event like every other consumer", async () => {
    endFault();
    await publishToTopic({ topicId, data: "next", config: local.config });
    await eventually(() => expect(received(sockets)).toHaveLength(199));
  });
});

const received = (sockets: readonly TestSocket[]): string[] => sockets.flatMap(({ received }) => received);
