import { describe, expect, it } from "vitest";
import type { PostResult } from "../../../packages/pubsub/src/core/ports.ts";
import { consumer, setUp, TOPIC } from "./answer-frame-support.ts";

describe("a response", () => {
  const ping = { action: "PING", requestId: "r" };
  const failed: PostResult = { outcome: "failed", retryable: true, reason: "500" };
  const throttled: PostResult = { outcome: "throttled" };

  it("posts a response up to four times and waits longer before each retry", async () => {
    const { send, posted, clock } = setUp({ answers: [failed, throttled, failed] });
    expect(await send(ping)).toEqual({ statusCode: 200 });
    expect(posted()).toHaveLength(1);
    expect(clock.slept).toEqual([25, 50, 100]);
  });

  it.each<[PostResult, string]>([
    [failed, "500"],
    [throttled, "throttled (429)"],
  ])(
    "returns status 500 and logs the error if every post of the response ends with %j",
    async (result, message) => {
      const { send, posted, observed } = setUp({ answers: Array(4).fill(result) });
      expect(await send(ping)).toEqual({ statusCode: 500 });
      expect(posted()).toEqual([]);
      expect(observed).toEqual([
        { event: "background-failure", stage: "answer-frame", error: expect.objectContaining({ message }) },
      ]);
    },
  );

  const gone: PostResult = { outcome: "gone" };
  const foreign: PostResult = { ...failed, kind: "unproven-gone" };

  it.each([
    ["a 410", [gone]],
    ["three 410s", [gone, gone, gone]],
    ["a 410 of what may be another API", [foreign, gone]],
  ])(
    "posts the response again after %s, because the connection has just sent a message",
    async (_, answers) => {
      const { send, posted, clock } = setUp({ answers });
      const subscribe = { action: "SUBSCRIBE", topicId: TOPIC, requestId: "r" };
      expect(await send(subscribe)).toEqual({ statusCode: 200 });
      expect(posted()).toMatchObject([{ type: "SUBSCRIBED", requestId: "r" }]);
      expect(clock.slept).toEqual([25, 50, 100].slice(0, answers.length));
    },
  );

  it("posts the error of an invalid message again after a 410", async () => {
    const { send, posted } = setUp({ answers: [gone] });
    expect(await send({ action: "LEAVE", requestId: "r" })).toEqual({ statusCode: 200 });
    expect(posted()).toMatchObject([{ type: "ERROR", requestId: "r", code: "INVALID_FRAME" }]);
  });

  it("believes the fourth 410: it returns status 200 and logs nothing", async () => {
    const { send, clock, connections, observed } = setUp();
    connections.close(consumer);
    expect(await send(ping)).toEqual({ statusCode: 200 });
    expect(clock.slept).toEqual([25, 50, 100]);
    expect(observed).toEqual([]);
  });

  // Functions that were a few seconds behind spent their time on replies to clients that had given up
  it.each([
    ["a 410", [gone]],
    ["a 500 and then a 410", [failed, gone]],
  ])("believes %s if the message came a second ago", async (_, answers) => {
    const { send, posted, clock } = setUp({ answers });
    const requestContext = { requestTimeEpoch: clock.now() - 1_000 };
    expect(await send(ping, { requestContext })).toEqual({ statusCode: 200 });
    expect(posted()).toEqual([]);
    expect(clock.slept).toHaveLength(answers.length - 1);
  });

  it("posts the response again after a 410 if the message came less than a second ago", async () => {
    const { send, posted, clock } = setUp({ answers: [gone] });
    const requestContext = { requestTimeEpoch: clock.now() - 900 };
    expect(await send(ping, { requestContext })).toEqual({ statusCode: 200 });
    expect(posted()).toHaveLength(1);
  });

  it("posts no response again for which the invocation has no time", async () => {
    const { send, posted, clock } = setUp({ answers: [gone, gone], remainingMs: 60 });
    expect(await send(ping)).toEqual({ statusCode: 200 });
    // The second pause would last 50 ms, and 35 ms are left
    expect(clock.slept).toEqual([25]);
    expect(posted()).toEqual([]);
  });
});
