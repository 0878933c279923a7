/** Whatever refuses a client's publication, nothing is written. */
import { describe, expect, it } from "vitest";
import { PubsubError } from "../../../packages/pubsub/src/core/errors.ts";
import { revoke } from "../../../packages/pubsub/src/core/subscriptions/revoke.ts";
import type { Authorize } from "../../../packages/pubsub/src/handlers/authorize.ts";
import type { Validate } from "../../../packages/pubsub/src/handlers/validate.ts";
import { consumer, type SetUp, setUp, TOPIC } from "./answer-frame-support.ts";
import { allow, expectNothingWritten, frame, queuedIn } from "./publish-frame-support.ts";

describe("PUBLISH that is not allowed", () => {
  const forbidden = {
    type: "ERROR",
    requestId: "r",
    code: "FORBIDDEN",
    message: "not allowed to publish to topic",
  };
  const undecided = { type: "ERROR", requestId: "r", code: "AUTHORIZE_FAILED" };

  it.each<[string, Authorize | "everybody", object]>([
    ['authorize is "everybody"', "everybody", forbidden],
    ["the hook returns nothing", (() => undefined) as unknown as Authorize, forbidden],
    ["the hook returns false", () => false, forbidden],
    ["the hook allows until a time that has passed", () => ({ allow: true, until: 1 }), forbidden],
    ["the hook returns 1", (() => 1) as unknown as Authorize, undecided],
    ["the hook throws", () => Promise.reject(new Error("down")), undecided],
    [
      "the hook throws TOKEN_EXPIRED",
      () => Promise.reject(new PubsubError("TOKEN_EXPIRED", "old")),
      forbidden,
    ],
    ["the hook does not return in time", () => new Promise<boolean>(() => {}), undecided],
  ])("gets an ERROR and writes nothing if %s", async (_, authorize, error) => {
    const validate = (): never => expect.unreachable("nobody asks about data that may not be published");
    const used = setUp({ authorize, handler: { authorizeTimeoutMs: 1, validate } });
    expect(await used.send({ ...frame, requestId: "r" })).toEqual({ statusCode: 200 });
    expect(used.posted()).toMatchObject([error]);
    expectNothingWritten(used);
    expect(used.observed).toMatchObject([
      {
        event: error === forbidden ? "access-denied" : "authorize-failed",
        action: "PUBLISH",
        topicId: TOPIC,
        consumer,
      },
    ]);
  });

  const issued: Authorize = () => ({ allow: true, userId: "ada", issuedAt: new Date(ISSUED_AT_MS) });
  const ISSUED_AT_MS = setUp().clock.now() - 60_000;

  it.each([{ userId: "ada" }, { userId: "ada", topicId: TOPIC }, { consumer }, { consumer, topicId: TOPIC }])(
    "is FORBIDDEN with a permission that is older than the revocation of %j",
    async (of) => {
      const used = setUp({ authorize: issued });
      await revoke(used, of);
      used.clock.advance(60_000);
      await used.send({ ...frame, requestId: "r" });
      expect(used.posted()).toEqual([forbidden]);
      expectNothingWritten(used);
      const reason = "access was revoked after the permission was given";
      expect(used.observed.at(-1)).toMatchObject({ event: "access-denied", action: "PUBLISH", reason });
    },
  );

  it("is AUTHORIZE_FAILED if access was revoked while the hook decided, because the hook may decide otherwise now", async () => {
    const used: SetUp = setUp({
      async authorize() {
        await revoke(used, { consumer });
        return true;
      },
    });
    await used.send({ ...frame, requestId: "r" });
    expect(used.posted()).toMatchObject([undecided]);
    expectNothingWritten(used);
  });

  it("is accepted after a revocation of another topic, another user or an earlier time", async () => {
    const used = setUp({ authorize: () => ({ allow: true, userId: "ada" }) });
    await revoke(used, { userId: "bob" });
    await revoke(used, { userId: "ada", topicId: "other" });
    await revoke(used, { consumer, topicId: "other" });
    await revoke(used, { userId: "ada" });
    used.clock.advance(30_001);
    await used.send({ ...frame, requestId: "r" });
    expect(used.posted()).toMatchObject([{ type: "PUBLISHED" }]);
  });

  it("gets STORAGE_FAILED and writes nothing if it is not known whether access was revoked", async () => {
    const failed = (): Promise<never> => Promise.reject(new PubsubError("STORAGE_FAILED", "down"));
    const used = setUp({ authorize: allow, subscriptions: { standing: failed } });
    await used.send({ ...frame, requestId: "r" });
    expect(used.posted()).toMatchObject([{ code: "STORAGE_FAILED" }]);
    expectNothingWritten(used);
  });
});

describe("`validate`", () => {
  it("gets topic, data and connection, and accepts with true or nothing", async () => {
    for (const returned of [true, undefined] as const) {
      const asked: unknown[] = [];
      const used = setUp({
        authorize: allow,
        handler: {
          validate(request) {
            asked.push(request);
            return returned;
          },
        },
      });
      await used.send({ ...frame, requestId: "r" });
      expect(asked).toEqual([{ topicId: TOPIC, data: frame.data, consumer }]);
      expect(used.posted()).toMatchObject([{ type: "PUBLISHED" }]);
    }
  });

  it.each<[string, Validate, string]>([
    ["a text", () => "no images", "no images"],
    ["a text later", async () => "no images", "no images"],
    ["an empty text", () => "", "the data is not valid"],
    ["a text of 2,000 characters", () => "x".repeat(2_000), "x".repeat(1_000)],
  ])(
    "refuses with INVALID_DATA and its reason if it returns %s, and the log has no reason",
    async (_, validate, message) => {
      const used = setUp({ authorize: allow, handler: { validate } });
      await used.send({ ...frame, requestId: "r" });
      expect(used.posted()).toEqual([{ type: "ERROR", requestId: "r", code: "INVALID_DATA", message }]);
      expectNothingWritten(used);
      const reason = "the validate hook refused the data";
      expect(used.observed.at(-1)).toEqual({
        event: "frame-refused",
        consumer,
        code: "INVALID_DATA",
        reason,
      });
    },
  );

  it.each<[string, Validate, string]>([
    ["throws", () => Promise.reject(new TypeError("hello")), "the hook threw TypeError"],
    ["returns false", (() => false) as unknown as Validate, "the hook returned a value of type boolean"],
    ["returns null", (() => null) as unknown as Validate, "the hook returned a value of type object"],
    ["does not return in time", () => new Promise<true>(() => {}), "the hook did not return within 1 ms"],
  ])("gets VALIDATE_FAILED and writes nothing if it %s", async (_, validate, reason) => {
    const used = setUp({ authorize: allow, handler: { validate, authorizeTimeoutMs: 1 } });
    await used.send({ ...frame, requestId: "r" });
    expect(used.posted()).toMatchObject([{ type: "ERROR", requestId: "r", code: "VALIDATE_FAILED" }]);
    expectNothingWritten(used);
    expect(used.observed.at(-1)).toEqual({ event: "validate-failed", topicId: TOPIC, consumer, reason });
    expect(JSON.stringify(used.observed)).not.toContain("hello");
  });
});

describe("PUBLISH that fails", () => {
  // JSON writes 1e20 with 21 digits, so 32 KB can become more than API Gateway posts
  it("gets PAYLOAD_TOO_LARGE and writes nothing if the data grows beyond 128 KB", async () => {
    const used = setUp({ authorize: allow });
    const body = `{"action":"PUBLISH","topicId":"${TOPIC}","requestId":"r","data":[${"1e20,".repeat(6_500)}0]}`;
    await used.send({}, { body });
    expect(used.posted()).toMatchObject([{ type: "ERROR", requestId: "r", code: "PAYLOAD_TOO_LARGE" }]);
    expectNothingWritten(used);
  });

  it("gets INVALID_DATA for a number that JSON cannot write", async () => {
    const used = setUp({ authorize: allow });
    await used.send({}, { body: `{"action":"PUBLISH","topicId":"${TOPIC}","requestId":"r","data":1e999}` });
    expect(used.posted()).toMatchObject([{ type: "ERROR", code: "INVALID_DATA" }]);
    expectNothingWritten(used);
  });

  it("gets FANOUT_NOT_QUEUED if the queue is down, and the repeated publication is a duplicate that is queued", async () => {
    let isDown = true;
    const used: SetUp = setUp({
      authorize: allow,
      queue: {
        async send(messages) {
          if (isDown) throw new PubsubError("QUEUE_FAILED", "down", { retryable: true });
          await used.queue.send(messages);
        },
      },
    });
    const repeated = { ...frame, publicationId: "p", requestId: "r" };
    await used.send(repeated);
    expect(used.posted()).toMatchObject([{ type: "ERROR", code: "FANOUT_NOT_QUEUED" }]);
    isDown = false;
    await used.send(repeated);
    expect(used.posted()[1]).toMatchObject({ type: "PUBLISHED", offset: 1, duplicate: true });
    expect(queuedIn(used)).toMatchObject([{ offsets: [1], again: true }]);
    expect(queuedIn(used)[0]).not.toHaveProperty("echoes");
  });
});
