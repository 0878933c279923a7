/** API Gateway's own frame after a message that its integration could not handle. */
import { describe, expect, it } from "vitest";
import { createHarness } from "../support/client-harness.ts";

const gatewayError = { message: "Internal server error", connectionId: "c=", requestId: "AbC=" };

describe("an error of API Gateway", () => {
  it("is reported by name, and the request that waits is sent again after a pause, not after 10 s", async () => {
    const { client, socket, time, errors } = createHarness();
    const { ready } = client.subscribe("room", () => {});
    socket().open();
    socket().take("SUBSCRIBE");
    socket().message(gatewayError);
    expect(errors).toMatchObject([
      {
        code: "SERVER_ERROR",
        message: "API Gateway could not handle a message: Internal server error",
        context: { code: "GATEWAY_ERROR" },
      },
    ]);
    expect(socket().sent).toEqual([]);
    await time.pass(500);
    socket().subscribed(7);
    expect(await ready).toEqual({ epoch: "a", offset: 7 });
  });

  it("does not repeat the requests that are answered within a second, when several wait", async () => {
    const { client, socket, time } = createHarness();
    for (const topicId of ["one", "two", "three"]) client.subscribe(topicId, () => {});
    socket().open();
    const sent = socket().sent.splice(0);
    socket().message(gatewayError);
    for (const { requestId, topicId } of sent.slice(1)) {
      socket().message({ type: "SUBSCRIBED", requestId, topicId, epoch: "a", offset: 0, recovered: true });
    }
    await time.pass(1_500);
    const again = socket().sent.filter(({ action }) => action === "SUBSCRIBE");
    expect(again.map(({ topicId }) => topicId)).toEqual(["one"]);
  });
});
