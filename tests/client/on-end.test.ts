/** `onEnd`: the subscriber learns that its subscription ended, unless it ended the subscription itself. */
import { expect, it } from "vitest";
import type { PubsubClientError } from "../../packages/client/src/index.ts";
import {
  createHarness,
  createIdleHarness,
  createSubscribed,
  type Harness,
  ignore,
} from "../support/client-harness.ts";

function subscribed(harness: Harness, topicId = "room"): PubsubClientError[] {
  const ends: PubsubClientError[] = [];
  harness.client.subscribe(topicId, ignore, { onEnd: (error) => ends.push(error) });
  return ends;
}

it("is called once with REFUSED if the server rejects the subscription", () => {
  const harness = createHarness();
  const ends = subscribed(harness);
  harness.socket().open();
  harness.socket().refuse("FORBIDDEN");
  harness.client.close();
  expect(ends).toMatchObject([{ code: "REFUSED", context: { code: "FORBIDDEN" } }]);
});

it("is called once with CONNECTION_REFUSED after a fatal close code, and at once for later subscriptions", async () => {
  const harness = await createSubscribed();
  const ends = subscribed(harness);
  harness.socket().cut(4403);
  const later = subscribed(harness);
  expect(later).toEqual([]);
  await harness.time.pass(0);
  expect([...ends, ...later].map(({ code }) => code)).toEqual(["CONNECTION_REFUSED", "CONNECTION_REFUSED"]);
});

it("is called with CLOSED when the client is closed", async () => {
  const harness = await createSubscribed();
  const ends = [...[subscribed(harness), subscribed(harness, "other")]];
  harness.client.close();
  expect(ends.flat().map(({ code }) => code)).toEqual(["CLOSED", "CLOSED"]);
});

it("is not called when the caller unsubscribes or aborts its signal", async () => {
  const { client, socket } = createHarness();
  const ends: unknown[] = [];
  const onEnd = (error: unknown): void => void ends.push(error);
  const abort = new AbortController();
  client.subscribe("room", ignore, { onEnd, signal: abort.signal });
  const stop = client.subscribe("room", ignore, { onEnd });
  client.subscribe("room", ignore, { onEnd, signal: AbortSignal.abort() });
  socket().open();
  stop();
  abort.abort();
  client.close();
  expect(ends).toEqual([]);
});

it("is reported as CALLBACK_FAILED if it throws, and the other subscriptions end too", () => {
  const harness = createIdleHarness();
  harness.client.subscribe("room", ignore, {
    onEnd() {
      throw new Error("mine");
    },
  });
  const ends = subscribed(harness, "other");
  harness.client.close();
  expect(ends).toHaveLength(1);
  expect(harness.errors).toMatchObject([{ code: "CALLBACK_FAILED", message: "onEnd threw" }]);
});
