import type { PubsubClientError } from "../errors.ts";
import type {
  ClientState,
  Member,
  MembersChange,
  PubsubClient,
  SubscribeClient,
  TopicToken,
} from "../types.ts";

/** Who is in a topic, as a component sees it. Every change creates a new object. */
export interface MembersSnapshot<Info = unknown> {
  /** How many users. Undefined until the server confirmed the subscription. */
  count: number | undefined;
  /** Undefined as long as `count` is, and above 200 users. */
  list: readonly Member<Info>[] | undefined;
  state: ClientState;
  /** What ended the subscription: `REFUSED`, `CONNECTION_REFUSED`, or `CLOSED` after the client was closed. */
  error: PubsubClientError | undefined;
}

/** A subscription with presence that React may end and start again. Meanwhile it keeps the last list. */
export interface MembersStore<Info> {
  subscribe(onChange: () => void): () => void;
  getSnapshot(): MembersSnapshot<Info>;
  /** Changes what the others see of the user. The user does not leave. */
  setInfo(info: Info | undefined): void;
}

export interface MembersStoreOptions<Info> {
  info: Info | undefined;
  token: TopicToken | undefined;
  onMembers(change: MembersChange<Info>): void;
}

const NOTHING_YET = { count: undefined, list: undefined, error: undefined };

/** What a server renders, and a browser until it has hydrated that. */
export const SERVER_SNAPSHOT: MembersSnapshot<never> = { ...NOTHING_YET, state: "idle" };

/** Subscribes to nothing if the topic is undefined. */
export function createMembersStore<Info>(
  client: SubscribeClient,
  topicId: string | undefined,
  { token, onMembers, ...given }: MembersStoreOptions<Info>,
): MembersStore<Info> {
  let { info } = given;
  let snapshot: MembersSnapshot<Info> = { ...NOTHING_YET, state: client.state };
  let notify: (() => void) | undefined;
  let stop: (() => void) | undefined;

  function update(change: Partial<MembersSnapshot<Info>>): void {
    snapshot = { ...snapshot, ...change };
    notify?.();
  }

  function begin(): void {
    const before = stop;
    stop =
      topicId === undefined
        ? undefined
        : // A client of `createSubscribeClient` refuses the options that it does not have
          (client as PubsubClient).subscribe(topicId, () => {}, {
            token,
            // It wants no event: beside `useTopic`, the topic is subscribed to all of them
            latest: true,
            presence: info === undefined ? true : { info },
            onMembers(change) {
              const { count, list } = change as MembersChange<Info>;
              update({ count, list });
              onMembers(change as MembersChange<Info>);
            },
            onEnd: (error) => update({ error }),
          });
    // After the new one has begun, so that the user does not leave
    before?.();
  }

  return {
    subscribe(onChange) {
      notify = onChange;
      const stopListening = client.onStateChange((state) => update({ state }));
      begin();
      const { state } = client;
      if (snapshot.state !== state || snapshot.error) update({ state, error: undefined });
      return () => {
        notify = undefined;
        stopListening();
        stop?.();
        stop = undefined;
      };
    },
    getSnapshot: () => snapshot,
    setInfo(next) {
      if (JSON.stringify(next) === JSON.stringify(info)) return;
      info = next;
      if (notify) begin();
    },
  };
}
