/** PUBLISH on a route, a function and a role of its own, with the functions that `stacks/` deploys. */
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { stackForFile, type TestStack } from "../support/local-stack.ts";
import { readRows } from "../support/rows.ts";
import { connect, connectSubscriber, eventsIn } from "../support/sockets.ts";

const root = new URL("../../functions/", import.meta.url);
const [reader, publisher] = ["websocket.ts", "publish.ts"].map((file) => new URL(file, root).pathname);
if (reader === undefined || publisher === undefined) throw new Error("no functions");

const rowsOf = (local: TestStack, topicId: string): ReturnType<typeof readRows> =>
  readRows(local, `topic#${topicId}`);

describe("the functions of npm start", () => {
  const local = stackForFile();

  it("publish a client's PUBLISH with the publish function, and handle everything else with the other", async () => {
    const topicId = randomUUID();
    const before = local.stack.stats();
    const subscriber = await connectSubscriber(local.stack, topicId, "event");
    const client = await connect(local.stack);
    const published = await client.request({ action: "PUBLISH", topicId, data: { text: "hello" } });
    expect(published).toMatchObject({ type: "PUBLISHED", topicId, offset: 1, duplicate: false });
    const { epoch } = published;
    await eventually(() => {
      expect(eventsIn(subscriber.received)).toEqual([{ epoch, offset: 1, data: { text: "hello" } }]);
    });
    const after = local.stack.stats();
    expect(after.publish?.invocations).toBe((before.publish?.invocations ?? 0) + 1);
    // Two handshakes and a SUBSCRIBE
    expect(after.websocket.invocations).toBe(before.websocket.invocations + 3);
  });
});

/** As if the gateway chose the other route: AWS does not say what it does with a body that has two actions. */
describe("functions that get each other's messages", () => {
  const local = stackForFile(() => ({ functions: { websocket: publisher, publish: reader } }));

  it.each([
    ["PUBLISH to the websocket function", { action: "PUBLISH", data: 1 }],
    ["SUBSCRIBE to the publish function", { action: "SUBSCRIBE" }],
    ["UNSUBSCRIBE to the publish function", { action: "UNSUBSCRIBE" }],
  ])("refuse a %s, and write nothing", async (_, frame) => {
    const topicId = randomUUID();
    const client = await connect(local.stack);
    const before = await readRows(local);
    expect(await client.request({ ...frame, topicId })).toMatchObject({
      type: "ERROR",
      code: "INVALID_FRAME",
    });
    expect(await readRows(local)).toEqual(before);
    expect(await rowsOf(local, topicId)).toEqual([]);
  });

  it.each(["PING", "PUBLISH"])(
    "refuse a message with two actions of which the last is %s, whichever function gets it",
    async (last) => {
      const topicId = randomUUID();
      const client = await connect(local.stack);
      const first = last === "PING" ? "PUBLISH" : "PING";
      client.send(`{"action":"${first}","topicId":"${topicId}","data":1,"action":"${last}"}`);
      const refusal = await eventually(() => {
        const [text] = client.received;
        if (text === undefined) throw new Error("no response");
        return JSON.parse(text) as object;
      });
      expect(refusal).toMatchObject({ type: "ERROR", code: "INVALID_FRAME" });
      expect(await rowsOf(local, topicId)).toEqual([]);
    },
  );
});
