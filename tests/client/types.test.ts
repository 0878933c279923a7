import { expectTypeOf, it } from "vitest";
import { WebSocket as WsWebSocket } from "ws";
import {
  type ClientState,
  createPubsubClient,
  type Gap,
  isPubsubClientError,
  type Position,
  type Published,
  type PubsubClient,
  type PubsubClientErrorCode,
  type ReadyPosition,
  type SubscribeClient,
  type Subscription,
  type TopicEvent,
  type TopicSubscription,
  type TopicToken,
  type WebSocketConstructor,
} from "../../packages/client/src/index.ts";
import { type Loaded, type Publish, usePublish, useTopic } from "../../packages/client/src/react/index.ts";
import type {
  Position as StoredPosition,
  TopicEvent as StoredTopicEvent,
} from "../../packages/pubsub/src/core/types.ts";

interface Message {
  text: string;
}

declare const client: PubsubClient;
declare const subscribeClient: SubscribeClient;
const typesOnly = (check: () => void): void => void check;

it("types the data of events by a generic, and as unknown without one", () => {
  typesOnly(() => {
    client.subscribe<Message>("room", (event) => {
      expectTypeOf(event).toEqualTypeOf<TopicEvent<Message>>();
      expectTypeOf(event.data.text).toBeString();
    });
    client.subscribe("room", ({ data }) => expectTypeOf(data).toBeUnknown());
    client.subscribe("room", ({ data }: TopicEvent<Message>) => expectTypeOf(data).toEqualTypeOf<Message>());
    const events = client.events<Message>("room", { bufferLimit: 5 });
    expectTypeOf(events[Symbol.asyncIterator]().next()).resolves.toEqualTypeOf<
      IteratorResult<TopicEvent<Message>, undefined>
    >();
    expectTypeOf(useTopic<Message>("room").last).toEqualTypeOf<TopicEvent<Message> | undefined>();
    const load = async () => ({ state: new Map<string, Message>(), position: undefined });
    expectTypeOf(useTopic<Message, Map<string, Message>>("room", { load }).loaded).toEqualTypeOf<
      Loaded<Map<string, Message>> | undefined
    >();
    expectTypeOf(usePublish<Message>("room")).toEqualTypeOf<Publish<Message>>();
    expectTypeOf(usePublish<Message>("room")({ text: "hello" })).resolves.toEqualTypeOf<Published>();
  });
});

it("types what its calls return", () => {
  typesOnly(() => {
    const subscription = client.subscribe("room", () => {}, {
      since: { epoch: "a", offset: 1 },
      onGap: (gap) => expectTypeOf(gap).toEqualTypeOf<Gap>(),
      signal: AbortSignal.abort(),
    });
    expectTypeOf(subscription).toEqualTypeOf<TopicSubscription>();
    expectTypeOf(subscription.ready).resolves.toEqualTypeOf<ReadyPosition>();
    expectTypeOf(subscription.publish({ text: "hello" })).resolves.toEqualTypeOf<Published>();
    expectTypeOf(client.publish("room", 1, { publicationId: "p" })).resolves.toEqualTypeOf<Published>();
    // @ts-expect-error: a client that only subscribes has none of the options of `TopicOptions`
    subscribeClient.subscribe("room", () => {}, { last: 5 });
    expectTypeOf(subscribeClient.subscribe("room", () => {})).toEqualTypeOf<Subscription>();
    expectTypeOf(subscription()).toBeVoid();
    expectTypeOf(client.state).toEqualTypeOf<ClientState>();
  });
});

it("accepts a token, or a function that returns one or a promise, in each call that subscribes", () => {
  typesOnly(() => {
    client.subscribe("room", () => {}, { token: "text" });
    client.subscribe("room", () => {}, { token: () => "text" });
    client.events("room", { token: async () => "text" });
    useTopic("room", { token: async () => "text" });
    const none: TopicToken | undefined = undefined;
    client.subscribe("room", () => {}, { token: none });
    // @ts-expect-error: a token is a string
    client.subscribe("room", () => {}, { token: async () => 5 });
  });
});

it("has the same positions and events as the library", () => {
  expectTypeOf<Position>().toEqualTypeOf<StoredPosition>();
  expectTypeOf<TopicEvent>().branded.toEqualTypeOf<StoredTopicEvent>();
});

it("narrows its errors by code", () => {
  const error: unknown = new Error();
  if (isPubsubClientError(error)) expectTypeOf(error.code).toEqualTypeOf<PubsubClientErrorCode>();
  if (isPubsubClientError(error, "REFUSED")) expectTypeOf(error.code).toEqualTypeOf<"REFUSED">();
});

it("accepts Node's WebSocket and that of ws, and rejects another class", () => {
  expectTypeOf<typeof globalThis.WebSocket>().toExtend<WebSocketConstructor>();
  expectTypeOf<typeof WsWebSocket>().toExtend<WebSocketConstructor>();
  typesOnly(() => {
    createPubsubClient({ url: "wss://x", webSocket: WsWebSocket, getUrl: async () => "wss://x" });
    // @ts-expect-error: not a WebSocket
    createPubsubClient({ url: "wss://x", webSocket: EventTarget });
    // @ts-expect-error: no such option
    createPubsubClient({ url: "wss://x", heartbeat: 5 });
  });
});
