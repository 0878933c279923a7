import { once } from "node:events";
import { countSubscribers, publishToTopic } from "lambda-websocket-pubsub";
import { expect, it } from "vitest";
import { WebSocket } from "ws";
import { eventually, within } from "../support/eventually.ts";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { readRows } from "../support/rows.ts";

const local = stackForFile(() => ({ functions: { websocket: functionPath("seed-example") } }));

/** Connects, subscribes, receives and leaves, with a bare client and a config that has only a table's name. */
it("runs a handler written for the first version, and its publish, without a change", async () => {
  const lwpConfig = { dynamodbTableName: local.config.dynamodbTableName };
  const topicId = "some-uuid-or-other-identifier";
  const subscribers = (): Promise<number> => countSubscribers({ topicId, config: lwpConfig });
  const socket = new WebSocket(local.stack.websocketUrl);
  const received: string[] = [];
  socket.on("message", (data) => received.push(String(data)));
  await within("open socket", once(socket, "open"));
  expect(await readRows(local)).toEqual([]);

  socket.send(JSON.stringify({ action: "SUBSCRIBE", topicId }));
  await eventually(async () => expect(await subscribers()).toBe(1));

  await publishToTopic({ topicId, data: "hello, world", config: lwpConfig });
  await eventually(() => expect(received).toEqual(["hello, world"]));
  await publishToTopic({ topicId, data: { text: "hello", to: ["the", "world"] }, config: lwpConfig });
  await eventually(() => expect(received).toHaveLength(2));
  expect(received[1]).toBe('{"text":"hello","to":["the","world"]}');
  await publishToTopic({ topicId, data: Buffer.from("bytes \u20ac"), config: lwpConfig });
  await eventually(() => expect(received).toHaveLength(3));
  expect(received[2]).toBe("bytes \u20ac");
  expect(local.stack.stats()).toMatchObject({ fanout: { invocations: 0 }, queue: { messages: 0 } });

  socket.send("not JSON");
  await eventually(() => expect(local.stack.stats().websocket.invocations).toBe(3));
  await publishToTopic({ topicId, data: "still there", config: lwpConfig });
  await eventually(() => expect(received.at(-1)).toBe("still there"));
  expect(await subscribers()).toBe(1);

  socket.close();
  await eventually(async () => expect(await subscribers()).toBe(0));
  expect(await readRows(local, "consumer#")).toEqual([]);
  await publishToTopic({ topicId, data: "to nobody", config: lwpConfig });
  expect(local.stack.stats().websocket).toMatchObject({ errors: 0, crashes: 0 });
});
