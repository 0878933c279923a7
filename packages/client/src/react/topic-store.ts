import type { Gap, TopicEvent } from "../topic-event.ts";
import type { ClientState, PubsubClient, SubscribeOptions } from "../types.ts";

/** What a component sees of a topic. Every change creates a new object. */
export interface TopicSnapshot<Data = unknown> {
  /** The newest events, ascending, up to the limit. */
  events: readonly TopicEvent<Data>[];
  last: TopicEvent<Data> | undefined;
  /** The newest gap: events that the client can no longer get. */
  gap: Gap | undefined;
  state: ClientState;
}

/** A subscription that React may end and start again. It continues after its last position. */
export interface TopicStore<Data> {
  subscribe(onChange: () => void): () => void;
  getSnapshot(): TopicSnapshot<Data>;
}

export function createTopicStore<Data>(
  client: PubsubClient,
  topicId: string,
  { limit, since, token }: { limit: number } & Pick<SubscribeOptions, "since" | "token">,
): TopicStore<Data> {
  let snapshot: TopicSnapshot<Data> = { events: [], last: undefined, gap: undefined, state: client.state };
  let position = since;

  function subscribe(onChange: () => void): () => void {
    function update(change: Partial<TopicSnapshot<Data>>): void {
      snapshot = { ...snapshot, ...change };
      onChange();
    }
    const stopListening = client.onStateChange((state) => update({ state }));
    const unsubscribe = client.subscribe<Data>(
      topicId,
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
      },
    );
    unsubscribe.ready.then(
      (ready) => {
        position ??= ready;
      },
      () => {}, // the client has reported it to onError
    );
    if (snapshot.state !== client.state) update({ state: client.state });
    return () => {
      stopListening();
      unsubscribe();
    };
  }

  return { subscribe, getSnapshot: () => snapshot };
}
