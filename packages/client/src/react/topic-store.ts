import type { PubsubClientError } from "../errors.ts";
import type { Gap, TopicEvent } from "../topic-event.ts";
import type { ClientState, SubscribeClient, SubscribeOptions } from "../types.ts";

/** What a component sees of a topic. Every change creates a new object. */
export interface TopicSnapshot<Data = unknown> {
  /** The newest events, ascending, up to the limit. */
  events: readonly TopicEvent<Data>[];
  last: TopicEvent<Data> | undefined;
  /** The newest gap: events that the client can no longer get. */
  gap: Gap | undefined;
  state: ClientState;
  /** What ended the subscription: `REFUSED`, `CONNECTION_REFUSED`, or `CLOSED` after the client was closed. */
  error: PubsubClientError | undefined;
}

/** A subscription that React may end and start again. It continues after its last position. */
export interface TopicStore<Data> {
  subscribe(onChange: () => void): () => void;
  getSnapshot(): TopicSnapshot<Data>;
}

const NOTHING_YET = { events: [], last: undefined, gap: undefined, error: undefined };

/** What a server renders, and a browser until it has hydrated that, whatever the client's state is by then. */
export const SERVER_SNAPSHOT: TopicSnapshot<never> = { ...NOTHING_YET, state: "idle" };

/** Subscribes to nothing if the topic is undefined. */
export function createTopicStore<Data>(
  client: SubscribeClient,
  topicId: string | undefined,
  { limit, since, token }: { limit: number } & Pick<SubscribeOptions, "since" | "token">,
): TopicStore<Data> {
  let snapshot: TopicSnapshot<Data> = { ...NOTHING_YET, state: client.state };
  let position = since;

  function subscribe(onChange: () => void): () => void {
    function update(change: Partial<TopicSnapshot<Data>>): void {
      snapshot = { ...snapshot, ...change };
      onChange();
    }
    const stopListening = client.onStateChange((state) => update({ state }));
    const unsubscribe = topicId === undefined ? undefined : subscribeTo(topicId, update);
    const { state } = client;
    if (snapshot.state !== state || snapshot.error) update({ state, error: undefined });
    return () => {
      stopListening();
      unsubscribe?.();
    };
  }

  function subscribeTo(topic: string, update: (change: Partial<TopicSnapshot<Data>>) => void): () => void {
    const unsubscribe = client.subscribe<Data>(
      topic,
      (event) => {
        position = { epoch: event.epoch, offset: event.offset };
        update({ events: [...snapshot.events, event].slice(-limit), last: event });
      },
      {
        since: position,
        token,
        onGap(gap) {
          position = gap.to;
          update({ gap });
        },
        onEnd: (error) => update({ error }),
      },
    );
    unsubscribe.ready.then(
      (ready) => {
        position ??= ready;
      },
      () => {}, // `onEnd` gets it
    );
    return unsubscribe;
  }

  return { subscribe, getSnapshot: () => snapshot };
}
