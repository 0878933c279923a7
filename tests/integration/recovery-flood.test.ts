import { randomUUID } from "node:crypto";
import { publishToTopic } from "lambda-websocket-pubsub";
import { createPubsubClient, type PubsubClient } from "lambda-websocket-pubsub-client";
import { afterEach, expect, it } from "vitest";
import { WebSocket } from "ws";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { fanoutIdle } from "../support/queues.ts";
import { connectSubscribers } from "../support/sockets.ts";

const RETURNING = 60;
const EVENTS = 60;
const EVENT_CHARACTERS = 4_000;
const LIVE = 10;

/** A small account: what the returning clients want at once is many seconds of its rate. */
const local = stackForFile(() => ({
  gateway: { limits: { postsPerSecond: 100, postBurst: 50 } },
}));

const clients: PubsubClient[] = [];
afterEach(() => {
  for (const client of clients) client.close();
});

it("lets live events through while everybody comes back at once, and brings the rest in time", async () => {
  const history = randomUUID();
  const publishing = Array.from({ length: EVENTS }, (_, n) => {
    const data = { n, filler: "x".repeat(EVENT_CHARACTERS) };
    return publishToTopic({ topicId: history, data, config: local.config });
  });
  const [{ epoch = "" } = {}] = await Promise.all(publishing);
  await fanoutIdle(local);
  const live = randomUUID();
  const listeners = await connectSubscribers(local.stack, live, LIVE);

  const seen = Array.from({ length: RETURNING }, (): number[] => []);
  for (const offsets of seen) {
    const client = createPubsubClient({
      url: local.stack.websocketUrl,
      webSocket: WebSocket,
      heartbeatMs: 2_000,
    });
    client.subscribe(history, ({ offset }) => offsets.push(offset), { since: { epoch, offset: 0 } });
    clients.push(client);
  }
  // Under way: some have something, nobody has everything
  await eventually(() => expect(seen.flat().length).toBeGreaterThan(0));
  const publishedAtMs = Date.now();
  await publishToTopic({ topicId: live, data: "live", config: local.config });
  await eventually(() => expect(listeners.flatMap(({ received }) => received)).toHaveLength(LIVE), 30_000);
  const liveLagMs = Math.max(...listeners.flatMap(({ receivedAtMs }) => receivedAtMs)) - publishedAtMs;
  const recoveredByThen = seen.flat().length;

  const everything = Array.from({ length: EVENTS }, (_, index) => index + 1);
  await eventually(() => expect(seen).toEqual(seen.map(() => everything)), 50_000);
  console.log(
    `live lag ${liveLagMs} ms, ${recoveredByThen} of ${RETURNING * EVENTS} events recovered by then`,
  );
  // The flood was still on when the live events were through
  expect(recoveredByThen).toBeLessThan(RETURNING * EVENTS);
}, 120_000);
