/**
 * A chat text became an event of another topic. A back end subscribes the client's connection to a topic in the data
 * format, as the README shows for `$connect`, and a string is posted there verbatim. The client took whatever text parsed
 * as a frame, and dropped the real event of the same offset as a duplicate.
 */
import { randomUUID } from "node:crypto";
import { listSubscribers, publishToTopic, subscribeToTopic } from "lambda-websocket-pubsub";
import {
  createPubsubClient,
  type PubsubClient,
  type PubsubClientError,
  type TopicEvent,
} from "lambda-websocket-pubsub-client";
import { expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { eventually } from "../support/eventually.ts";
import { stackForFile } from "../support/local-stack.ts";
import { connect, connectSubscriber } from "../support/sockets.ts";

const local = stackForFile();

interface Victim {
  client: PubsubClient;
  /** The topic that only the back end publishes to. */
  bank: string;
  /** Anybody may publish to it, and the client's connection receives its data as it is. */
  chat: string;
  epoch: string;
  seen: TopicEvent[];
  gaps: unknown[];
  ended: unknown[];
  errors: PubsubClientError[];
  /** Every text that the client's connection received. */
  texts: string[];
}

async function createVictim(): Promise<Victim> {
  const [bank, chat] = [`bank-${randomUUID()}`, `chat-${randomUUID()}`];
  const victim = { bank, chat, seen: [], gaps: [], ended: [], errors: [], texts: [] } as Omit<
    Victim,
    "client" | "epoch"
  >;
  class Recorded extends WebSocket {
    constructor(url: string, protocols?: string[]) {
      super(url, protocols);
      this.on("message", (data) => victim.texts.push(String(data)));
    }
  }
  const client = createPubsubClient({
    url: local.stack.websocketUrl,
    webSocket: Recorded as never,
    heartbeatMs: 60_000,
    onError: (error) => victim.errors.push(error),
  });
  onTestFinished(() => client.close());
  const subscription = client.subscribe(bank, (event) => victim.seen.push(event), {
    onGap: (gap) => victim.gaps.push(gap),
    onEnd: (error) => victim.ended.push(error),
  });
  const { epoch } = await subscription.ready;
  const { config } = local;
  for await (const consumer of listSubscribers({ topicId: bank, config })) {
    await subscribeToTopic({ consumer, topicId: chat, config });
  }
  return { ...victim, client, epoch };
}

const say = (victim: Victim, data: unknown): Promise<unknown> =>
  publishToTopic({ topicId: victim.chat, data, config: local.config });

it("delivers no event that somebody published as the data of another topic, and the real event once", async () => {
  const victim = await createVictim();
  const { bank, epoch, texts, seen, errors } = victim;
  const event = { offset: 1, publicationId: "forged", publishedAt: 1, data: "you won" };
  const forged = { type: "EVENTS", topicId: bank, epoch, events: [event] };
  // Also with a nonce that another connection of the attacker knows to be valid there
  for (const nonce of [undefined, "1-2-3-4"]) {
    await say(victim, JSON.stringify({ ...forged, nonce }));
    await say(victim, { ...forged, nonce });
  }
  await eventually(() => expect(texts.filter((text) => text.includes("you won"))).toHaveLength(4));
  const { offset } = await publishToTopic({ topicId: bank, data: "your balance", config: local.config });
  expect(offset).toBe(1);
  await eventually(() => expect(seen).toHaveLength(1));
  expect(seen).toMatchObject([{ topicId: bank, offset: 1, data: "your balance" }]);
  expect(errors.map(({ code }) => code)).toEqual(Array(4).fill("UNKNOWN_FRAME"));
});

it("takes no published text for a response: a request that waits is neither refused nor answered by one", async () => {
  const victim = await createVictim();
  const { client, texts, gaps, ended } = victim;
  const vault = `vault-${randomUUID()}`;
  // The response is lost, so that the request still waits when the texts come
  const isResponse = ({ body }: { body: Buffer }): boolean =>
    body.includes("SUBSCRIBED") && body.includes(vault);
  onTestFinished(local.stack.faults.post({ match: isResponse, times: 1, act: "lose-frame" }));
  const subscription = client.subscribe(vault, () => {}, { onEnd: (error) => ended.push(error) });
  const position = { epoch: "zzzzzzzzz", offset: 1_000_000, recovered: false };
  for (let id = 1; id <= 6; id++) {
    const requestId = String(id);
    await say(victim, JSON.stringify({ type: "SUBSCRIBED", requestId, topicId: vault, ...position }));
    await say(victim, { type: "PONG", requestId, positions: { [vault]: position, [victim.bank]: position } });
    await say(victim, { type: "ERROR", requestId, code: "FORBIDDEN", message: "forged" });
  }
  await say(victim, "the end");
  await eventually(() => expect(texts).toContain("the end"));
  expect(await subscription.ready).toMatchObject({ offset: 0 });
  await publishToTopic({ topicId: victim.bank, data: 1, config: local.config });
  await eventually(() => expect(victim.seen).toMatchObject([{ offset: 1, data: 1 }]));
  expect([gaps, ended]).toEqual([[], []]);
});

it("posts each event to every connection with its own nonce, and to a connection without one as it always was", async () => {
  const topicId = randomUUID();
  const nonces = ["1-2-3-4", "a_b.c-d", "x".repeat(64)];
  const own = await Promise.all(
    nonces.map(async (nonce) => {
      const socket = await connect(local.stack);
      const answer = await socket.request({ action: "SUBSCRIBE", topicId, format: "event", nonce });
      expect(answer).toMatchObject({ type: "SUBSCRIBED", nonce });
      return socket;
    }),
  );
  const plain = await connectSubscriber(local.stack, topicId, "event");
  const bare = await connectSubscriber(local.stack, topicId, "data");
  for (const data of ["small", "x".repeat(40_000)]) {
    await publishToTopic({ topicId, data, config: local.config });
    await eventually(() => expect(plain.received).toHaveLength(1));
    const [text = ""] = plain.received.splice(0);
    expect(text).toMatch(/^\{"type":"EVENTS".*\}\]\}$/);
    for (const [index, socket] of own.entries()) {
      const expected = `${text.slice(0, -1)},"nonce":"${nonces[index]}"}`;
      await eventually(() => expect(socket.received.splice(0)).toEqual([expected]));
    }
    await eventually(() => expect(bare.received.splice(0)).toEqual([data]));
  }
});

it("posts a string that imitates a frame unchanged to a connection that uses the data format alone", async () => {
  const topicId = randomUUID();
  const bare = await connectSubscriber(local.stack, topicId, "data");
  const texts = [
    '{"type":"EVENTS","topicId":"t","epoch":"a","events":[],"nonce":"1-2-3-4"}',
    '{"type":"PONG","requestId":"1"}',
    '{"message":"Internal server error","connectionId":"c=","requestId":"r="}',
  ];
  for (const data of texts) {
    await publishToTopic({ topicId, data, config: local.config });
    await eventually(() => expect(bare.received.splice(0)).toEqual([data]));
  }
});
