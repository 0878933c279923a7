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
/** Enough that some clients have received something, too few that any client has received everything. */
const FLOOD_POSTS = 100;

/**
 * A small account: the requests of the returning clients take many seconds at its rate, which their handshakes and messages
 * use as well.
 */
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

  // The flood lasts until the live events are through, on a fast machine too: the account has no more room for it
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
      // An invocation of the flood that takes too long is an error frame, and the client asks again
      onError: () => {},
    });
    client.subscribe(history, ({ offset }) => offsets.push(offset), { since: { epoch, offset: 0 } });
    clients.push(client);
  }
  // The replay is under way: some clients have some events, and no client has all
  await eventually(() => expect(seen.flat().length).toBeGreaterThan(0));
  await publishToTopic({ topicId: live, data: "live", config: local.config });
  await eventually(() => expect(listeners.flatMap(({ received }) => received)).toHaveLength(LIVE));
  // No client waited for its live events until it had the rest of its history
  expect(seen.flat().length).toBeLessThan(RETURNING * EVENTS);
  endFlood();

  const everything = Array.from({ length: EVENTS }, (_, index) => index + 1);
  await eventually(() => expect(seen).toEqual(seen.map(() => everything)));
});
