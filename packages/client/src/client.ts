import {
  aFunction,
  aNumber,
  aPosition,
  aSignal,
  aToken,
  aTopicId,
  checkArgument,
  checkOptions,
} from "./check.ts";
import { createConnection } from "./connection.ts";
import type { PubsubClientError } from "./errors.ts";
import { createHeartbeat } from "./heartbeat.ts";
import { iterateEvents } from "./iterate.ts";
import { ITERATOR_EVENTS_DEFAULT } from "./limits.ts";
import type { EventsFrame } from "./link.ts";
import { type PubsubClientOptions, resolveOptions } from "./options.ts";
import { createClosedError, createSubscriber, type SubscriberRequest } from "./subscriber.ts";
import { createTopic, type Topic } from "./topic.ts";
import type {
  ClientState,
  EventsOptions,
  PubsubClient,
  SubscribeOptions,
  Subscription,
  TopicEvent,
} from "./types.ts";

const SUBSCRIBE_CHECKS = { since: aPosition, token: aToken, onGap: aFunction(), signal: aSignal };
const EVENTS_CHECKS = { ...SUBSCRIBE_CHECKS, bufferLimit: aNumber(ITERATOR_EVENTS_DEFAULT, 1, 1_000_000) };

/**
 * Creates a client. It connects at once, and reconnects until `close()` is called.
 *
 * Throws `INVALID_ARGUMENT`. Everything that fails later goes to `onError`.
 *
 * @example
 * ```ts
 * import { createPubsubClient } from "lambda-websocket-pubsub-client";
 *
 * const client = createPubsubClient({ url: "wss://example.com/prod" });
 * client.subscribe("room-1", ({ data }) => console.log(data));
 * ```
 */
export function createPubsubClient(clientOptions: PubsubClientOptions): PubsubClient {
  const options = resolveOptions(clientOptions);
  const { guard, environment, signal } = options;
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
    onRefused: end,
  });
  const heartbeat = createHeartbeat(options, () => connection.link, topics);
  const sleep = environment.onWake(() => {
    if (connection.link) heartbeat.wake();
    else connection.connect();
  });
  signal?.addEventListener("abort", close);

  function onEvents({ topicId, epoch, events }: EventsFrame, chars: number): void {
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
    const { topicId } = request;
    checkArgument("topicId", topicId, aTopicId);
    const subscriber = createSubscriber(request, guard, () => topics.get(topicId)?.remove(subscriber));
    const stop = (): void => subscriber.end();
    if (connection.state === "closed") subscriber.end(createClosedError());
    else if (request.signal?.aborted) stop();
    else (topics.get(topicId) ?? addTopic(topicId)).add(subscriber);
    return Object.assign(stop, { ready: subscriber.ready, [Symbol.dispose]: stop });
  }

  function close(): void {
    connection.close();
    end();
  }

  function end(error?: PubsubClientError): void {
    signal?.removeEventListener("abort", close);
    sleep();
    heartbeat.stop();
    for (const topic of topics.values()) topic.end(error);
    topics.clear();
    listeners.clear();
  }

  if (signal?.aborted) close();
  else connection.connect();

  return {
    get state() {
      return connection.state;
    },
    onStateChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    subscribe(topicId, onEvent, subscribeOptions = {}) {
      checkArgument("onEvent", onEvent, aFunction());
      return subscribe({
        ...checkOptions<SubscribeOptions>("options", subscribeOptions, SUBSCRIBE_CHECKS),
        topicId,
        onEvent: onEvent as (event: TopicEvent) => void,
      });
    },
    events<Data>(topicId: string, eventsOptions: EventsOptions = {}) {
      const checked = checkOptions<EventsOptions & { bufferLimit: number }>(
        "options",
        eventsOptions,
        EVENTS_CHECKS,
      );
      const iterator = iterateEvents(subscribe, topicId, checked);
      return iterator as AsyncIterableIterator<TopicEvent<Data>, undefined>;
    },
    close,
    [Symbol.dispose]: close,
  };
}
