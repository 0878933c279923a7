import { describe, expect, it } from "vitest";
import { consumerId } from "../../../packages/pubsub/src/core/consumer.ts";
import type { DisconnectResult } from "../../../packages/pubsub/src/core/ports.ts";
import {
  type DisconnectRequest,
  disconnect,
} from "../../../packages/pubsub/src/core/subscriptions/disconnect.ts";
import {
  type SubscribeRequest,
  subscribeAtEnd,
} from "../../../packages/pubsub/src/core/subscriptions/subscribe.ts";
import { disconnect as disconnectCall } from "../../../packages/pubsub/src/index.ts";
import { createTestContext, type TestContext } from "../../support/fanout-context.ts";
import { collect, consumerOf, DAY_SECONDS, rejectionOf } from "../../support/samples.ts";

const [one, two, other] = [consumerOf("one="), consumerOf("two="), consumerOf("other=")];
const SETTINGS = { retentionSeconds: DAY_SECONDS };
const ADA = { userId: "ada" };

const add = (context: TestContext, request: Partial<SubscribeRequest> = {}): Promise<unknown> =>
  subscribeAtEnd(context, { consumer: one, topicId: "room", grant: ADA, ...request }, SETTINGS);

async function setUp(): Promise<TestContext> {
  const context = createTestContext();
  for (const consumer of [one, two, other]) context.connections.open(consumer);
  await add(context, { format: "event", nonce: "nonce-of-one" });
  await add(context, { topicId: "hall" });
  await add(context, { consumer: two });
  await add(context, { consumer: other, grant: { userId: "bob" } });
  context.observed.length = 0;
  return context;
}

const topicsOf = ({ subscriptions }: TestContext, consumer = one): Promise<string[]> =>
  collect(subscriptions.topicsOf(consumer));
const listOf = async ({ subscriptions }: TestContext, userId = "ada"): Promise<string[]> =>
  (await collect(subscriptions.connectionsOf(userId))).map(consumerId);

/** Closes nothing: the outcomes come in turn, and the last one for ever. */
function answerDisconnects(context: TestContext, ...outcomes: DisconnectResult[]): string[] {
  const asked: string[] = [];
  context.disconnect = async ({ connectionId }) => {
    asked.push(connectionId);
    return outcomes[Math.min(asked.length, outcomes.length) - 1] ?? { outcome: "gone" };
  };
  return asked;
}

const FAILED: DisconnectResult = { outcome: "failed", reason: "503" };

describe("disconnect", () => {
  it("tells, closes and forgets all connections of a user, and no other connection", async () => {
    const context = await setUp();
    const result = await disconnect(context, { userId: "ada", reason: "Your account was closed." });
    expect(result).toEqual({ closed: 2, gone: 0 });
    for (const consumer of [one, two]) {
      expect(await topicsOf(context, consumer)).toEqual([]);
      expect(await context.connections.post(consumer, { body: new Uint8Array() })).toEqual({
        outcome: "gone",
      });
      expect(await context.subscriptions.standing({ consumer, topicId: "room", countTo: 9 })).toMatchObject({
        ended: true,
        count: 0,
      });
    }
    expect(await listOf(context)).toEqual([]);
    expect(await topicsOf(context, other)).toEqual(["room"]);
    expect(context.connections.received(other)).toEqual([]);
    expect(await listOf(context, "bob")).toEqual([consumerId(other)]);
    const ended = context.observed.filter(({ event }) => event === "connection-ended");
    expect(ended).toHaveLength(2);
  });

  it("sends the reason in an ERROR frame that ends with the connection's nonce, before it closes", async () => {
    const context = await setUp();
    const told: (readonly string[])[] = [];
    const close = context.disconnect;
    context.disconnect = async (consumer) => {
      told.push(context.connections.received(consumer));
      return close(consumer);
    };
    await disconnect(context, { consumer: one, reason: 'A "reason"' });
    await disconnect(context, { consumer: two });
    expect(told).toEqual([
      ['{"type":"ERROR","code":"DISCONNECTED","message":"A \\"reason\\"","nonce":"nonce-of-one"}'],
      ['{"type":"ERROR","code":"DISCONNECTED","message":"the server closed this connection for good"}'],
    ]);
  });

  it("refuses what was decided before it on every connection of the user, also with an older token", async () => {
    const context = await setUp();
    const issuedAtMs = context.clock.now();
    context.clock.advance(1_000);
    await disconnect(context, { userId: "ada" });
    context.clock.advance(3_600_000);
    const fresh = consumerOf("fresh=");
    const again = add(context, { consumer: fresh, grant: { ...ADA, issuedAtMs } });
    expect(await rejectionOf(again)).toMatchObject({ code: "ACCESS_REVOKED" });
    await add(context, { consumer: fresh, grant: ADA });
    expect(await topicsOf(context, fresh)).toEqual(["room"]);
  });

  it("closes a single connection and keeps the user's other connections", async () => {
    const context = await setUp();
    expect(await disconnect(context, { consumer: one })).toEqual({ closed: 1, gone: 0 });
    expect(await listOf(context)).toEqual([consumerId(two)]);
    expect(await topicsOf(context, two)).toEqual(["room"]);
    expect(context.connections.received(two)).toEqual([]);
  });

  // It used to be counted as gone, and tried again after a second
  it("counts a connection that its client closes when it gets the message as closed", async () => {
    const context = await setUp();
    const { disconnect: close } = context;
    context.disconnect = async (consumer) => {
      context.connections.close(consumer);
      return close(consumer);
    };
    expect(await disconnect(context, { userId: "ada" })).toEqual({ closed: 2, gone: 0 });
    expect(context.clock.slept).toEqual([]);
  });

  // API Gateway also says 410 of a connection whose $connect has just been allowed
  it("tries a connection that is gone once more after a second, and closes it if it has opened", async () => {
    const context = await setUp();
    context.connections.close(one);
    const asked = answerDisconnects(context, { outcome: "gone" }, { outcome: "disconnected" });
    expect(await disconnect(context, { consumer: one })).toEqual({ closed: 1, gone: 0 });
    expect(asked).toEqual(["one=", "one="]);
    expect(context.clock.slept).toEqual([1_000]);
  });

  it("counts a connection that is gone twice as gone, and forgets it", async () => {
    const context = await setUp();
    for (const consumer of [one, two]) context.connections.close(consumer);
    const asked = answerDisconnects(context, { outcome: "gone" });
    expect(await disconnect(context, { userId: "ada" })).toEqual({ closed: 0, gone: 2 });
    expect(asked.toSorted()).toEqual(["one=", "one=", "two=", "two="]);
    expect(await listOf(context)).toEqual([]);
  });

  it("closes the others if one cannot be closed, whose subscriptions end, and finds it again", async () => {
    const context = await setUp();
    const close = context.disconnect;
    context.disconnect = async (consumer) => (consumer === one ? FAILED : close(consumer));
    const error = await rejectionOf(disconnect(context, { userId: "ada" }));
    expect(error).toMatchObject({
      code: "DISCONNECT_FAILED",
      retryable: true,
      message: "1 of 2 connections could not be closed: 503",
      context: { failed: 1, closed: 1, gone: 0 },
    });
    expect(await topicsOf(context)).toEqual([]);
    expect(await listOf(context)).toEqual([consumerId(one)]);
    context.disconnect = close;
    expect(await disconnect(context, { userId: "ada" })).toEqual({ closed: 1, gone: 0 });
    expect(await listOf(context)).toEqual([]);
  });

  it("tries a connection that could not be closed twice more", async () => {
    const context = await setUp();
    const asked = answerDisconnects(context, FAILED, FAILED, { outcome: "disconnected" });
    expect(await disconnect(context, { consumer: one })).toEqual({ closed: 1, gone: 0 });
    expect(asked).toHaveLength(3);
    answerDisconnects(context, FAILED);
    expect(await rejectionOf(disconnect(context, { consumer: two }))).toMatchObject({
      code: "DISCONNECT_FAILED",
    });
  });

  it("closes the connection although the message could not be sent", async () => {
    const context = await setUp();
    context.subscriptions.nonceOf = () => Promise.reject(new Error("the table did not respond"));
    expect(await disconnect(context, { consumer: one })).toEqual({ closed: 1, gone: 0 });
    expect(context.observed).toContainEqual(
      expect.objectContaining({ event: "background-failure", stage: "disconnect-message" }),
    );
  });

  it("is not retryable if nothing can be sent to any of the addresses that failed", async () => {
    const context = await setUp();
    context.connections.whyNotPosted = ({ connectionId }) =>
      connectionId === "one=" ? "no endpoint is configured" : undefined;
    const close = context.disconnect;
    context.disconnect = async (consumer) => (consumer === one ? FAILED : close(consumer));
    expect(await rejectionOf(disconnect(context, { userId: "ada" }))).toMatchObject({
      code: "DISCONNECT_FAILED",
      retryable: false,
    });
    expect(context.clock.slept).toEqual([]);
    expect(await rejectionOf(disconnect(context, { consumer: one }))).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: "the connection could not be posted to: no endpoint is configured",
    });
  });

  it("works on at most 16 connections at once, and on all of 100", async () => {
    const context = createTestContext();
    let [running, most] = [0, 0];
    for (let n = 0; n < 100; n++) {
      const consumer = consumerOf(`c${n}=`);
      context.connections.open(consumer);
      await add(context, { consumer });
    }
    const close = context.disconnect;
    context.disconnect = async (consumer) => {
      most = Math.max(most, ++running);
      for (let turn = 0; turn < 200; turn++) await Promise.resolve();
      running -= 1;
      return close(consumer);
    };
    expect(await disconnect(context, { userId: "ada" })).toEqual({ closed: 100, gone: 0 });
    expect(most).toBe(16);
  });

  it.each<[DisconnectRequest, string]>([
    [{}, "disconnect must be given either consumer or userId"],
    [{ consumer: one, userId: "u" }, "disconnect must be given either consumer or userId"],
    [{ userId: "" }, "userId must be 1 to 512 bytes of UTF-8; got 0"],
    [{ consumer: { ...one, stage: "" } }, "consumer.stage"],
  ])("rejects %j and writes nothing", async (request, message) => {
    const context = createTestContext();
    context.subscriptions.revoke = () => expect.fail("written");
    expect(await rejectionOf(disconnect(context, request))).toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining(message),
    });
  });

  it.each(["", "x".repeat(1_001), "\ud800", 5])(
    "rejects a reason that is not 1 to 1,000 well-formed characters: %#",
    async (reason) => {
      const request = { userId: "ada", reason: reason as string, config: { dynamodbTableName: "pubsub" } };
      expect(await rejectionOf(disconnectCall(request))).toMatchObject({
        code: "INVALID_ARGUMENT",
        message: expect.stringContaining("reason must be a well-formed string of 1 to 1000 characters"),
      });
    },
  );
});
