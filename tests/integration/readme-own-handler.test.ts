/** The websocket handler that README prints for an app's own messages runs on the local stack as it is printed. */
import { countSubscribers, publishToTopic } from "lambda-websocket-pubsub";
import { expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { writeReadmeFiles } from "../support/readme-files.ts";
import { connect } from "../support/sockets.ts";

const path = writeReadmeFiles();
const file = stackForFile(() => ({
  functions: { websocket: path("own-websocket.mjs"), fanout: path("fanout.mjs") },
}));

it("subscribes to the room that a message names, and unsubscribes when the client leaves", async () => {
  const { config } = file;
  const subscribers = (): Promise<number> => countSubscribers({ topicId: "kitchen", config });
  const { socket, send, received } = await connect(file.stack);
  send('{"room":"kitchen"}');
  await eventually(async () => expect(await subscribers()).toBe(1));
  await publishToTopic({ topicId: "kitchen", data: { text: "hello" }, config });
  await eventually(() => expect(received).toEqual(['{"text":"hello"}']));
  socket.close();
  await eventually(async () => expect(await subscribers()).toBe(0));
  expect(file.stack.stats().websocket).toMatchObject({ errors: 0, crashes: 0 });
});
