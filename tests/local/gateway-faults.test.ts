import { LimitExceededException, PostToConnectionCommand } from "@aws-sdk/client-apigatewaymanagementapi";
import { describe, expect, test } from "vitest";
import type { PostFault } from "../../packages/local/src/gateway/index.ts";
import { rejectionOf } from "../support/samples.ts";
import { connectClient, gatewayForTest, refusedHandshake, sdkFor, within } from "./gateway-support.ts";

/** Returns a gateway, a client, and a function that posts to it. */
async function scene(gatewayOptions: Parameters<typeof gatewayForTest>[0] = {}) {
  const gateway = await gatewayForTest(gatewayOptions);
  const client = await connectClient(gateway);
  const sdk = sdkFor(gateway);
  const post = (Data: string, ConnectionId = client.connectionId) =>
    sdk.send(new PostToConnectionCommand({ ConnectionId, Data }));
  return { ...client, gateway, post };
}

describe("faults of posts", () => {
  test("returns the response of the rule instead of the real one, and sends no frame", async () => {
    const { gateway, post, frames } = await scene();
    gateway.faults.post({ times: 1, answer: { status: 429, errorType: "LimitExceededException" } });
    expect(await rejectionOf(post("refused"))).toBeInstanceOf(LimitExceededException);
    await post("through");
    expect((await frames.next("frame")).text).toBe("through");
    expect(gateway.posts.all[0]).toMatchObject({ status: 429, delivered: false, cause: "fault" });
    expect(gateway.counts()).toMatchObject({ posts: 2, delivered: 1, postFaults: 1, throttledAccount: 0 });
  });

  test("returns the headers and the body of the rule", async () => {
    const { gateway, post } = await scene();
    const answer = { status: 503, headers: { "retry-after": "7" }, body: '{"message":"busy"}' };
    gateway.faults.post({ answer });
    const error = await rejectionOf(post("refused"));
    expect(error).toMatchObject({
      message: "busy",
      $response: { statusCode: 503, headers: { "retry-after": "7" } },
    });
  });

  test("returns 200 and sends nothing for lose-frame", async () => {
    const { gateway, post, frames } = await scene();
    gateway.faults.post({ times: 1, act: "lose-frame" });
    await post("lost");
    await post("through");
    expect((await frames.next("frame")).text).toBe("through");
    expect(gateway.posts.all[0]).toMatchObject({ status: 200, delivered: false, cause: "fault" });
  });

  test("returns 410 for lose-frame to a connection that is gone", async () => {
    const { gateway, post } = await scene();
    gateway.faults.post({ act: "lose-frame" });
    expect(await rejectionOf(post("late", "L0SM9cOFvHcCIhw="))).toMatchObject({ name: "GoneException" });
  });

  test("breaks the caller's connection before anything is done for reset", async () => {
    const { gateway, post, frames } = await scene();
    gateway.faults.post({ times: 1, act: "reset" });
    expect(await rejectionOf(post("unsent"))).toMatchObject({ code: "ECONNRESET" });
    await post("through");
    expect((await frames.next("frame")).text).toBe("through");
    expect(gateway.posts.all[0]).toMatchObject({ status: 0, delivered: false, cause: "fault" });
  });

  test("breaks the caller's connection after the frame is sent for reset-after-delivery", async () => {
    const { gateway, post, frames } = await scene();
    gateway.faults.post({ times: 1, act: "reset-after-delivery" });
    expect(await rejectionOf(post("sent"))).toMatchObject({ code: "ECONNRESET" });
    expect((await frames.next("frame")).text).toBe("sent");
    expect(gateway.posts.all[0]).toMatchObject({ status: 0, delivered: true, cause: "fault" });
  });

  test("sends the frame and breaks off in the response's body for cut-answer", async () => {
    const { gateway, post, frames } = await scene();
    gateway.faults.post({ times: 1, act: "cut-answer" });
    expect(await rejectionOf(post("sent"))).toBeInstanceOf(Error);
    expect((await frames.next("frame")).text).toBe("sent");
    expect(gateway.posts.all[0]).toMatchObject({ status: 0, delivered: true, cause: "fault" });
  });

  test("returns and sends nothing for hang until the caller gives up", async () => {
    const { gateway, frames, connectionId, post } = await scene();
    gateway.faults.post({ times: 1, act: "hang" });
    const givingUp = new AbortController();
    const hanging = rejectionOf(
      sdkFor(gateway).send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: "unsent" }), {
        abortSignal: givingUp.signal,
      }),
    );
    expect(await gateway.posts.next("record")).toMatchObject({ status: 0, delivered: false, cause: "fault" });
    givingUp.abort();
    expect(await hanging).toMatchObject({ name: "AbortError" });
    await post("through");
    expect((await frames.next("frame")).text).toBe("through");
  });

  test("holds the frame back for a delay and lets later posts pass", async () => {
    const { gateway, post, frames } = await scene();
    gateway.faults.post({ times: 1, delayMs: 2_000 });
    const delayed = post("delayed");
    await expect.poll(() => gateway.counts().postFaults).toBe(1);
    await post("overtaking");
    expect((await frames.next("frame")).text).toBe("overtaking");
    await delayed;
    expect((await frames.next("frame")).text).toBe("delayed");
  });

  test("gives match the connection, the body and the counts of posts", async () => {
    const { gateway, post, connectionId } = await scene();
    const seen: unknown[] = [];
    gateway.faults.post({
      act: "lose-frame",
      match: ({ body, ...subject }) => {
        const { ageMs, ...rest } = subject;
        expect(ageMs === undefined, "age of a connection that does not exist").toBe(
          subject.connectionId !== connectionId,
        );
        if (ageMs !== undefined) expect(ageMs).toBeGreaterThanOrEqual(0);
        seen.push({ ...rest, text: body.toString() });
        return false;
      },
    });
    await post("a");
    await rejectionOf(post("b", "L0SM9cOFvHcCIhw="));
    await post("c");
    expect(seen).toEqual([
      { connectionId, attempt: 1, total: 1, caller: "", text: "a" },
      { connectionId: "L0SM9cOFvHcCIhw=", attempt: 1, total: 2, caller: "", text: "b" },
      { connectionId, attempt: 2, total: 3, caller: "", text: "c" },
    ]);
    expect(gateway.counts().postFaults).toBe(0);
  });

  test("applies the first matching rule until its times are used up or it is removed", async () => {
    const { gateway, post } = await scene();
    const expectStatus = async (Data: string, httpStatusCode: number) =>
      expect(await rejectionOf(post(Data))).toMatchObject({ $metadata: { httpStatusCode } });
    gateway.faults.post({ match: ({ body }) => body.equals(Buffer.from("never")), answer: { status: 500 } });
    gateway.faults.post({ times: 1, answer: { status: 501 } });
    const dispose = gateway.faults.post({ answer: { status: 502 } });
    gateway.faults.post({ answer: { status: 503 } });
    await expectStatus("1", 501);
    await expectStatus("2", 502);
    dispose();
    await expectStatus("3", 503);
    gateway.faults.clear();
    await post("4");
  });

  test("draws rate from the random of the rule", async () => {
    const { gateway, post } = await scene();
    const draws = [0.1, 0.9, 0.49, 0.5];
    gateway.faults.post({ rate: 0.5, random: () => draws.shift() ?? 1, act: "lose-frame" });
    for (const text of ["lost", "sent", "lost", "sent"]) await post(text);
    expect(gateway.posts.all.map((record) => record.delivered)).toEqual([false, true, false, true]);
  });

  test("applies rules that are given at the start", async () => {
    const { gateway, post } = await scene({ faults: { post: [{ times: 1, act: "lose-frame" }] } });
    await post("lost");
    expect(gateway.posts.all[0]).toMatchObject({ delivered: false, cause: "fault" });
  });

  test("returns 500 to the one post whose match throws", async () => {
    const { gateway, post } = await scene();
    gateway.faults.post({
      act: "hang",
      match: () => {
        throw new Error("boom");
      },
    });
    expect(await rejectionOf(post("1"))).toMatchObject({ $metadata: { httpStatusCode: 500 } });
    expect(gateway.logs).toContainEqual(expect.objectContaining({ level: "error" }));
  });

  test.each<[PostFault, string]>([
    [{}, "needs one of answer, act and delayMs"],
    [{ act: "hang", answer: { status: 500 } }, "one of answer and act"],
    [
      { act: "explode" } as unknown as PostFault,
      'act must be one of lose-frame, reset, reset-after-delivery, cut-answer, hang; got "explode" (string of 7)',
    ],
    [{ act: "hang", chance: 1 } as PostFault, "faults.post has no option chance; it has match, rate, "],
    [{ act: "hang", rate: 2 }, "rate must be a number from 0 to 1; got 2 (number)"],
    [{ act: "hang", times: 0 }, "times must be an integer above 0"],
    [{ answer: { status: 99 } }, "answer.status must be an HTTP status"],
  ])("a wrong rule throws: %j", async (fault, message) => {
    const gateway = await gatewayForTest();
    expect(() => gateway.faults.post(fault)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(message) }),
    );
  });
});

describe("faults of $disconnect", () => {
  test("drops only the invocation", async () => {
    const gateway = await gatewayForTest();
    const first = await connectClient(gateway);
    const second = await connectClient(gateway);
    gateway.faults.disconnect({ match: ({ connectionId }) => connectionId === first.connectionId });
    first.socket.close(1000);
    await within("close", first.closed);
    second.socket.close(1000);
    const { requestContext } = await gateway.disconnects.next("$disconnect");
    expect(requestContext.connectionId).toBe(second.connectionId);
    expect(gateway.counts()).toMatchObject({ connections: 0, disconnectsLost: 1 });
    expect(gateway.disconnects.all).toHaveLength(1);
  });
});

describe("faults of $connect", () => {
  test("rejects the handshake with the response of the rule, without invoking the integration", async () => {
    const gateway = await gatewayForTest();
    gateway.faults.connect({ times: 1, answer: { status: 503, errorType: "ServiceUnavailable" } });
    const refusal = await refusedHandshake(gateway.websocketUrl);
    expect(refusal).toMatchObject({ status: 503, errorType: "ServiceUnavailable" });
    expect(gateway.connects.all).toEqual([]);
    await connectClient(gateway);
  });

  test("returns 410 to posts during a delay after $connect has returned", async () => {
    const gateway = await gatewayForTest();
    gateway.faults.connect({ delayMs: 2_000 });
    const connecting = connectClient(gateway);
    const { connectionId: ConnectionId } = (await gateway.connects.next("$connect")).requestContext;
    const post = sdkFor(gateway).send(new PostToConnectionCommand({ ConnectionId, Data: "too early" }));
    expect(await rejectionOf(post)).toMatchObject({ name: "GoneException" });
    expect((await connecting).connectionId).toBe(ConnectionId);
  });
});
