import type { PubsubClientError } from "../errors.ts";
import type { Gap, Position, TopicEvent } from "../topic-event.ts";
import type {
  ClientState,
  LoadedState,
  PubsubClient,
  ReadyPosition,
  SubscribeClient,
  TopicOptions,
} from "../types.ts";

/** What a component sees of a topic. Every change creates a new object. */
export interface TopicSnapshot<Data = unknown, State = unknown> {
  /** The newest events, ascending, up to the limit. With `load`, only those after the position of `loaded`. */
  events: readonly TopicEvent<Data>[];
  last: TopicEvent<Data> | undefined;
  /** The newest gap: events that the client can no longer get. */
  gap: Gap | undefined;
  /**
   * What `ready` of the subscription resolved to: the end of the topic's log when the server confirmed the subscription, and
   * with `last` where delivery begins. Undefined until then, which is when a component shows that it is loading.
   */
  ready: ReadyPosition | undefined;
  /** The newest result of `load`. Undefined until there is one. */
  loaded: Loaded<State> | undefined;
  state: ClientState;
  /** What ended the subscription: `REFUSED`, `CONNECTION_REFUSED`, or `CLOSED` after the client was closed. */
  error: PubsubClientError | undefined;
}

/** A state, and the position of the last event that is in it. */
export interface Loaded<State = unknown> extends LoadedState<State> {
  position: Position;
}

/** A subscription that React may end and start again. It continues after its last position. */
export interface TopicStore<Data, State> {
  subscribe(onChange: () => void): () => void;
  getSnapshot(): TopicSnapshot<Data, State>;
}

/** The options of `subscribe` that the store passes on as they are. */
export type StoreOptions<State> = Pick<TopicOptions<State>, "since" | "token" | "last" | "latest" | "load">;

const NOTHING_YET = {
  events: [],
  last: undefined,
  gap: undefined,
  ready: undefined,
  loaded: undefined,
  error: undefined,
};

/** What a server renders, and a browser until it has hydrated that, whatever the client's state is by then. */
export const SERVER_SNAPSHOT: TopicSnapshot<never, never> = { ...NOTHING_YET, state: "idle" };

/** Subscribes to nothing if the topic is undefined. */
export function createTopicStore<Data, State>(
  client: SubscribeClient,
  topicId: string | undefined,
  { limit, since, load, ...options }: { limit: number } & StoreOptions<State>,
): TopicStore<Data, State> {
  type Snapshot = TopicSnapshot<Data, State>;
  let snapshot: Snapshot = { ...NOTHING_YET, state: client.state };
  let position = since;

  function subscribe(onChange: () => void): () => void {
    function update(change: Partial<Snapshot>): void {
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

  function subscribeTo(topic: string, update: (change: Partial<Snapshot>) => void): () => void {
    /** A late result of a subscription that has ended must not change the snapshot. */
    let isOver = false;
    // A client of `createSubscribeClient` refuses the options that it does not have
    const unsubscribe = (client as PubsubClient).subscribe<Data, State>(
      topic,
      (event) => {
        position = { epoch: event.epoch, offset: event.offset };
        update({ events: [...snapshot.events, event].slice(-limit), last: event });
      },
      {
        ...options,
        ...(load ? { load, onState: onLoaded } : { since: position }),
        onGap(gap) {
          position = gap.to;
          update({ gap });
        },
        onEnd: (error) => update({ error }),
      },
    );
    function onLoaded(state: State, at: Position): void {
      update({ loaded: { state, position: at }, events: [], last: undefined });
    }
    unsubscribe.ready.then(
      (ready) => {
        const { epoch, offset } = ready.from ?? ready;
        position ??= { epoch, offset };
        if (!isOver) update({ ready });
      },
      () => {}, // `onEnd` gets it
    );
    return () => {
      isOver = true;
      unsubscribe();
    };
  }

  return { subscribe, getSnapshot: () => snapshot };
}
