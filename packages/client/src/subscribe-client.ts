import { aFunction, aPosition, aSignal, aToken, aTopicId, checkArgument, checkOptions } from "./check.ts";
import { createConnection } from "./connection.ts";
import { createHeartbeat } from "./heartbeat.ts";
import { createLifecycle } from "./lifecycle.ts";
import type { EventsFrame } from "./link.ts";
import { type PubsubClientOptions, resolveOptions, resolveWebSocket } from "./options.ts";
import { createSubscriber, type SubscriberRequest } from "./subscriber.ts";
import { createTopic, type Topic } from "./topic.ts";
import type { TopicEvent } from "./topic-event.ts";
import type { ClientState, SubscribeClient, SubscribeOptions, Subscription } from "./types.ts";

const SUBSCRIBE_CHECKS = {
  since: aPosition,
  token: aToken,
  onGap: aFunction(),
  onEnd: aFunction(),
  signal: aSignal,
};

/**
 * Creates a client without `events`, for pages to which each kilobyte matters. Everything else is as in
 * `createPubsubClient`.
 *
 * Throws `INVALID_ARGUMENT`. Everything that fails later goes to `onError`.
 *
 * @example
 * ```ts
 * import { createSubscribeClient } from "lambda-websocket-pubsub-client";
 *
 * const client = createSubscribeClient({ url: "wss://example.com/prod" });
 * client.subscribe("room-1", ({ data }) => console.log(data));
 * ```
 */
export function createSubscribeClient(clientOptions: PubsubClientOptions): SubscribeClient {
  const options = resolveOptions(clientOptions);
  const { guard } = options;
  const topics = new Map<string, Topic>();
  const listeners = new Set<(state: ClientState) => void>();
  const connection = createConnection(options, {
    onState(state) {
      for (const listener of listeners) guard.call("onStateChange", listener, state);
    },
    onUp() {
      heartbeat.start();
      for (const topic of topics.values()) topic.linkUp();
      takeOver();
    },
    onDown(link) {
      for (const topic of topics.values()) topic.linkDown(link);
    },
    onEvents,
    onRefused: (error) => lifecycle.refuse(error),
  });
  const heartbeat = createHeartbeat(options, () => connection.link, topics);
  const lifecycle = createLifecycle(options, connection, heartbeat, topics);

  function onEvents({ topicId, epoch, events }: EventsFrame, chars: number): void {
    heartbeat.heard(topicId);
    for (const event of events) {
      topics.get(topicId)?.push({ topicId, epoch, ...event }, chars / events.length);
    }
  }

  function addTopic(topicId: string): Topic {
    const topic = createTopic(topicId, {
      ...options,
      link: () => connection.link,
      onSubscribed: heartbeat.soon,
      onChange(isIdle) {
        if (isIdle && topics.get(topicId) === topic) {
          topics.delete(topicId);
          topic.end();
        }
        takeOver();
      },
    });
    topics.set(topicId, topic);
    return topic;
  }

  /** A rotation may close the older connection after every topic has moved to the new one. */
  function takeOver(): void {
    const { link } = connection;
    if (link && [...topics.values()].every((topic) => topic.link === link)) connection.tookOver();
  }

  function subscribe(request: SubscriberRequest): Subscription {
    const { topicId, signal } = request;
    const subscriber = createSubscriber(request, guard, () => {
      topics.get(topicId)?.remove(subscriber);
      lifecycle.count(-1);
    });
    const stop = (): void => subscriber.end();
    lifecycle.count(1);
    const { obstacle } = lifecycle;
    // Not within this call: `onEnd` may need what it returns
    if (obstacle) queueMicrotask(() => subscriber.end(obstacle));
    else if (signal?.aborted) stop();
    else (topics.get(topicId) ?? addTopic(topicId)).add(subscriber);
    return Object.assign(stop, { ready: subscriber.ready, [Symbol.dispose]: stop });
  }

  const { connect, reconnect, close } = lifecycle;
  return {
    get state() {
      return lifecycle.state;
    },
    onStateChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    subscribe(topicId, onEvent, subscribeOptions = {}) {
      checkArgument("topicId", topicId, aTopicId);
      checkArgument("onEvent", onEvent, aFunction());
      const checked = checkOptions<SubscribeOptions>("options", subscribeOptions, SUBSCRIBE_CHECKS);
      resolveWebSocket(options);
      return subscribe({ ...checked, topicId, onEvent: onEvent as (event: TopicEvent) => void });
    },
    connect,
    reconnect,
    close,
    [Symbol.dispose]: close,
  };
}
