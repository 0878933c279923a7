/** The handlers that README prints run on the local stack as they are printed. */
import { readFileSync } from "node:fs";
import { publishToTopic } from "lambda-websocket-pubsub";
import { expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { readmeFiles, subscribeLine, writeReadmeFiles } from "../support/readme-files.ts";
import { connect } from "../support/sockets.ts";

const path = writeReadmeFiles();
const file = stackForFile(() => ({
  functions: { websocket: path("websocket.mjs"), fanout: path("fanout.mjs") },
}));

it("prints examples/publish.mjs unchanged and three handlers in the README", () => {
  const files = readmeFiles();
  const publish = readFileSync(new URL("../../examples/publish.mjs", import.meta.url), "utf8");
  expect(files.get("examples/publish.mjs")).toBe(publish);
  const handlers = [...files].filter(([, code]) => code.includes("handler")).map(([name]) => name);
  expect(handlers).toEqual(["websocket.mjs", "fanout.mjs", "own-websocket.mjs"]);
});

it("confirms the README's SUBSCRIBE line with the README's handlers, and delivers a publication to its topic", async () => {
  const { send, received } = await connect(file.stack);
  send(subscribeLine);
  await eventually(() => expect(received).toHaveLength(1));
  const subscribed = { type: "SUBSCRIBED", topicId: "room-1", requestId: "1" };
  expect(JSON.parse(received[0] ?? "")).toMatchObject(subscribed);
  await publishToTopic({ topicId: "room-1", data: { text: "hello" }, config: file.config });
  await eventually(() => expect(received.slice(1)).toEqual(['{"text":"hello"}']));
  const { websocket, fanout } = file.stack.stats();
  expect(websocket).toMatchObject({ errors: 0, crashes: 0 });
  expect(fanout).toMatchObject({ errors: 0, crashes: 0 });
});
