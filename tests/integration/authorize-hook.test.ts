import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { connect } from "../support/sockets.ts";

const local = stackForFile(() => ({
  functions: { websocket: functionPath("websocket-authorize-hook") },
  websocket: { maximumConcurrency: 1 },
}));

it("denies the subscription after the time limit when the hook never decides, and completes the invocation", async () => {
  const socket = await connect(local.stack);
  const denied = await socket.request({ action: "SUBSCRIBE", topicId: "stuck" });
  expect(denied).toMatchObject({ type: "ERROR", code: "FORBIDDEN" });
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
