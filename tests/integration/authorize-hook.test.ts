import { randomUUID } from "node:crypto";
import { publishToTopic } from "lambda-websocket-pubsub";
import { createPubsubClient } from "lambda-websocket-pubsub-client";
import { expect, it, onTestFinished } from "vitest";
import { eventually } from "../support/eventually.ts";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { connect } from "../support/sockets.ts";

const local = stackForFile(() => ({
  functions: { websocket: functionPath("websocket-authorize-hook") },
  websocket: { maximumConcurrency: 1 },
}));

it("returns AUTHORIZE_FAILED after the time limit when the hook never decides, and completes the invocation", async () => {
  const socket = await connect(local.stack);
  const refused = await socket.request({ action: "SUBSCRIBE", topicId: "stuck" });
  expect(refused).toMatchObject({ type: "ERROR", code: "AUTHORIZE_FAILED" });
  const reason = "the hook did not return within 300 ms";
  await eventually(() => expect(local.log.join("\n")).toContain(reason));
  // The same process publishes, and does nothing else meanwhile
  const topicId = randomUUID();
  expect(await socket.request({ action: "SUBSCRIBE", topicId })).toMatchObject({ type: "SUBSCRIBED" });
});

/** The latest line that the functions logged with this message. */
function audited(message: string, action: string): unknown {
  const lines = local.log.filter((line) => line.includes(message) && line.includes(`"${action}"`));
  return JSON.parse(lines.at(-1) ?? "null");
}

it("lets the hook decide about connections too, and does not log the data of the request", async () => {
  await connect(local.stack);
  const consumer = { connectionId: expect.stringMatching(/=$/) };
  await eventually(() => {
    const allowed = { level: "INFO", action: "CONNECT", consumer, reason: "the hook returned true" };
    expect(audited("access-allowed", "CONNECT")).toMatchObject(allowed);
  });
  const key = randomUUID();
  const websocketUrl = `${local.stack.websocketUrl}?door=other&key=${key}`;
  await expect(connect({ websocketUrl })).rejects.toThrow("403");
  await eventually(() => {
    const denied = { level: "WARN", action: "CONNECT", consumer, reason: "the hook returned false" };
    expect(audited("access-denied", "CONNECT")).toMatchObject(denied);
  });
  expect(local.log.filter((line) => line.includes(key))).toEqual([]);
});

it("returns 500 to a connection that the hook could not decide about", async () => {
  const websocketUrl = `${local.stack.websocketUrl}?door=broken`;
  await expect(connect({ websocketUrl })).rejects.toThrow("500");
  await eventually(() => {
    const failed = { level: "ERROR", action: "CONNECT", reason: "the hook threw Error" };
    expect(audited("authorize-failed", "CONNECT")).toMatchObject(failed);
  });
});

// The hook's failure used to be FORBIDDEN: the client ended the subscription for good, and stayed silent
it("subscribes a client as soon as the hook works again", async () => {
  const topicId = `flaky-${randomUUID()}`;
  const errors: unknown[] = [];
  const client = createPubsubClient({
    url: local.stack.websocketUrl,
    onError: (error) => errors.push(error),
  });
  onTestFinished(() => client.close());
  const seen: unknown[] = [];
  await client.subscribe(topicId, ({ data }) => seen.push(data)).ready;
  await publishToTopic({ topicId, data: "after all", config: local.config });
  await eventually(() => expect(seen).toEqual(["after all"]));
  const refusal = { code: "SERVER_ERROR", context: { code: "AUTHORIZE_FAILED" } };
  expect(errors).toMatchObject([refusal, refusal]);
});
