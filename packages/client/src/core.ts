import {
  aFunction,
  aPosition,
  aSignal,
  aToken,
  aTopicId,
  type Check,
  checkArgument,
  checkOptions,
} from "./check.ts";
import { createConnection } from "./connection.ts";
import type { Extension } from "./extension.ts";
import { createHeartbeat } from "./heartbeat.ts";
import { createLifecycle, type Lifecycle } from "./lifecycle.ts";
import type { EventsFrame } from "./link.ts";
import { type ResolvedOptions, resolveWebSocket } from "./options.ts";
import { createSubscriber, type SubscriberRequest } from "./subscriber.ts";
import { createTopic } from "./topic.ts";
import type { TopicEvent } from "./topic-event.ts";
import { keyOf } from "./topic-key.ts";
import type { Topic } from "./topic-port.ts";
import type { ClientState, SubscribeClient, SubscribeOptions, Subscription } from "./types.ts";

export const SUBSCRIBE_CHECKS: Readonly<Record<keyof SubscribeOptions, Check>> = {
  since: aPosition,
  token: aToken,
  onGap: aFunction(),
  onEnd: aFunction(),
  signal: aSignal,
};

/** What both clients have in common, and the parts of it that an extension needs. */
export interface Core {
  client: SubscribeClient;
  lifecycle: Lifecycle;
  /** By `keyOf`. */
  topics: Map<string, Topic>;
  /** Subscribes with options that were checked. Throws `INVALID_ARGUMENT` if there is no WebSocket class. */
  subscribe(request: SubscriberRequest): Subscription;
}

export function createCore(options: ResolvedOptions & Partial<Extension>): Core {
  const { guard } = options;
  const topics = new Map<string, Topic>();
  const listeners = new Set<(state: ClientState) => void>();
  const connection = createConnection(options, {
    onState(state) {
      for (const listener of listeners) guard.call("onStateChange", listener, state);
    },
    onUp(link) {
      heartbeat.start();
      for (const topic of topics.values()) topic.linkUp();
      takeOver();
      options.onUp?.(link);
    },
    onDown(link) {
      for (const topic of topics.values()) topic.linkDown(link);
      options.onDown?.(link);
    },
    onEvents,
    onRefused: (error) => lifecycle.refuse(error),
  });
  const heartbeat = createHeartbeat(options, () => connection.link, topics);
  const lifecycle = createLifecycle(options, connection, heartbeat, topics);

  function onEvents({ topicId, epoch, events }: EventsFrame, chars: number): void {
    const key = keyOf(topicId);
    heartbeat.heard(key);
    for (const event of events) {
      topics.get(key)?.push({ topicId, epoch, ...event }, chars / events.length);
    }
  }

  function addTopic(topicId: string): Topic {
    const topic = createTopic(topicId, {
      ...options,
      link: () => connection.link,
      onSubscribed(answer) {
        heartbeat.soon();
        options.onSubscribed?.(topicId, answer);
      },
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
    resolveWebSocket(options);
    const { topicId, signal } = request;
    const leave = (): void => {
      topics.get(topicId)?.remove(subscriber);
      lifecycle.count(-1);
    };
    const subscriber = createSubscriber(request, guard, leave, options.createSequencer);
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
  const client: SubscribeClient = {
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
      const checks = options.subscribeChecks ?? SUBSCRIBE_CHECKS;
      const checked = checkOptions<SubscribeOptions>("options", subscribeOptions, checks);
      return subscribe({ ...checked, topicId, onEvent: onEvent as (event: TopicEvent) => void });
    },
    connect,
    reconnect,
    close,
    [Symbol.dispose]: close,
  };
  return { client, lifecycle, topics, subscribe };
}
