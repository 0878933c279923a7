import { asking } from "./asking.ts";
import {
  aFunction,
  anObjectWith,
  aPosition,
  aSignal,
  type Check,
  checkArgument,
  checkOptions,
} from "./check.ts";
import { createCore } from "./core.ts";
import { PubsubClientError } from "./errors.ts";
import { aLast, aLatest, checkTogether } from "./history-options.ts";
import { EVENTS_CHECKS, iterateEvents } from "./iterate.ts";
import { createLatestSequencer } from "./latest.ts";
import { createLoadingSequencer } from "./load.ts";
import { CLIENT_CHECKS, type PubsubClientOptions, resolveOptions } from "./options.ts";
import { comparePositions } from "./position.ts";
import { createPresence } from "./presence.ts";
import { readPresence } from "./presence-options.ts";
import type { OnMembers } from "./presence-types.ts";
import { createPublisher } from "./publisher.ts";
import { createSeat, type Seat } from "./seat.ts";
import { createSequencer } from "./sequencer.ts";
import type { Position, TopicEvent } from "./topic-event.ts";
import { USER_KEY } from "./topic-key.ts";
import { TOPIC_CHECKS } from "./topic-options.ts";
import type {
  EventsOptions,
  PublishOptions,
  PubsubClient,
  TopicOptions,
  TopicSubscription,
  UserEventOptions,
  UserSubscription,
} from "./types.ts";

const USER_CHECKS: Readonly<Record<keyof UserEventOptions, Check>> = {
  since: aPosition,
  last: aLast,
  latest: aLatest,
  onGap: aFunction(),
  onEnd: aFunction(),
  signal: aSignal,
};

const CHECKS: Record<keyof PubsubClientOptions, Check> = {
  ...CLIENT_CHECKS,
  publishQueue: anObjectWith([]),
};

/**
 * Creates a client. It opens nothing: it connects at the first subscription or publication, and closes the connection some
 * time after the last one.
 *
 * Throws `INVALID_ARGUMENT`. Everything that fails later goes to `onError`.
 *
 * @example
 * ```ts
 * import { createPubsubClient } from "lambda-websocket-pubsub-client";
 *
 * const client = createPubsubClient({ url: "wss://example.com/prod" });
 * client.subscribe("room-1", ({ data }) => console.log(data));
 * await client.publish("room-1", { text: "hello" });
 * ```
 */
export function createPubsubClient(options: PubsubClientOptions): PubsubClient {
  const resolved = resolveOptions(options, CHECKS);
  const core = createCore({
    ...resolved,
    subscribeChecks: TOPIC_CHECKS,
    asking,
    createSequencer(since, deliver, reportGap, { topicId, last, latest, load, onState, presence: given }) {
      const sequencer =
        load && onState
          ? createLoadingSequencer({ ...resolved, topicId, load, onState, reach }, deliver)
          : latest
            ? createLatestSequencer(since, deliver)
            : createSequencer(since, deliver, reportGap);
      const seat = given as Seat | undefined;
      const { end } = sequencer;
      const leave = seat && presence.sit(topicId, seat);
      return Object.assign(sequencer, {
        asked: { last, latest, presence: seat?.presence },
        end() {
          end?.();
          leave?.();
        },
      });
    },
    onSubscribed: (topicId, answer) => presence.subscribed(topicId, answer),
    onUp: (link) => publisher.linkUp(link),
    onDown: (link) => publisher.linkDown(link),
    take: () => publisher.take(),
  });
  const publisher = createPublisher(core, resolved, options.publishQueue, reach);
  const presence = createPresence(resolved, core.topics);
  const { publish } = publisher;
  const { subscribe } = core.client;

  /** The topic's log reaches this position: has the topic ask for what is missing up to it. */
  function reach(topicId: string, to: Position): void {
    const { link, position, settle } = core.topics.get(topicId) ?? {};
    // Without a connection, the next SUBSCRIBE asks
    if (link && position && comparePositions(position, to) < 0) settle?.(undefined, to, true);
  }

  return Object.assign(core.client, {
    publish,
    subscribe<Data, State>(
      topicId: string,
      onEvent: (event: TopicEvent<Data>) => void,
      topicOptions: TopicOptions<State> = {},
    ) {
      const given = { ...topicOptions } as TopicOptions;
      checkTogether(given);
      const presenceOptions = readPresence(given);
      const seat = presenceOptions && createSeat(resolved.guard, presenceOptions);
      if (given.onMembers) seat?.listen(given.onMembers);
      const passed = seat ? { ...given, presence: seat } : topicOptions;
      const subscription = Object.assign(subscribe(topicId, onEvent, passed), {
        publish: (data: unknown, publishOptions?: PublishOptions) =>
          publish(topicId, data, { token: given.token, ...publishOptions }),
        onMembers(listener: OnMembers<never>) {
          checkArgument("listener", listener, aFunction());
          if (seat) return seat.listen(listener as OnMembers);
          throw new PubsubClientError("INVALID_ARGUMENT", "onMembers needs a subscription with presence");
        },
      });
      return Object.defineProperty(subscription, "members", {
        get: () => seat?.members,
      }) as typeof subscription & Pick<TopicSubscription, "members">;
    },
    onUserEvent<Data>(onEvent: (event: TopicEvent<Data>) => void, userOptions: UserEventOptions = {}) {
      checkArgument("onEvent", onEvent, aFunction());
      const checked = checkOptions<UserEventOptions>("options", userOptions, USER_CHECKS);
      const request = { ...checked, topicId: USER_KEY, onEvent: onEvent as (event: TopicEvent) => void };
      return core.subscribe(request) as UserSubscription;
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
  });
}
