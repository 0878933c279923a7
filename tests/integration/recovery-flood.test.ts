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
/** After this many posts some clients have received events, but no client has received all of them. */
const FLOOD_POSTS = 100;

/** At the rate of this small account, the requests, handshakes and messages of the returning clients take many seconds. */
const local = stackForFile(() => ({
  gateway: { limits: { postsPerSecond: 200, postBurst: 100 } },
}));

const clients: PubsubClient[] = [];
afterEach(() => {
  for (const client of clients) client.close();
});

it("delivers live events while every client returns at once, and delivers the missed events in time", async () => {
  const history = randomUUID();
  const publishing = Array.from({ length: EVENTS }, (_, n) => {
    const data = { n, filler: "x".repeat(EVENT_CHARACTERS) };
    return publishToTopic({ topicId: history, data, config: local.config });
  });
  const [{ epoch = "" } = {}] = await Promise.all(publishing);
  await fanoutIdle(local);
  const live = randomUUID();
  const listeners = await connectSubscribers(local.stack, live, LIVE);

  // After FLOOD_POSTS posts the replay is throttled, so that it lasts until the live events are delivered on any
  // machine
  let floodPosts = 0;
  const endFlood = local.stack.faults.post({
    match: ({ body }) => body.includes(history) && ++floodPosts > FLOOD_POSTS,
    answer: { status: 429, errorType: "LimitExceededException" },
  });
  const seen = Array.from({ length: RETURNING }, (): number[] => []);
  for (const offsets of seen) {
    const client = createPubsubClient({
      url: local.stack.websocketUrl,
      webSocket: WebSocket,
      heartbeatMs: 2_000,
      // If an invocation of the flood takes too long, the client gets an error frame and repeats its request
      onError: () => {},
    });
    client.subscribe(history, ({ offset }) => offsets.push(offset), { since: { epoch, offset: 0 } });
    clients.push(client);
  }
  // The replay has begun: some clients have received events, but no client has received all
  await eventually(() => expect(seen.flat().length).toBeGreaterThan(0));
  await publishToTopic({ topicId: live, data: "live", config: local.config });
  await eventually(() => expect(listeners.flatMap(({ received }) => received)).toHaveLength(LIVE));
  // The live events did not wait for the rest of the history
  expect(seen.flat().length).toBeLessThan(RETURNING * EVENTS);
  endFlood();

  const everything = Array.from({ length: EVENTS }, (_, index) => index + 1);
  await eventually(() => expect(seen).toEqual(seen.map(() => everything)));
});
