import { PubsubClientError } from "./errors.ts";
import type { Guard } from "./guard.ts";
import { moved, show } from "./position.ts";
import { createSequencer, type Sequencer } from "./sequencer.ts";
import type { Gap, Position, SubscribeOptions, TopicEvent } from "./types.ts";

/** One call of `subscribe`. Subscribers of a topic share what is received; each has its own position in it. */
export interface Subscriber {
  readonly sequencer: Sequencer;
  readonly ready: Promise<Position>;
  readonly token: SubscribeOptions["token"];
  /** Whether the server has not yet said where this subscriber stands. */
  isNew: boolean;
  /** How far others of the topic were when this one came. */
  floor?: Position;
  settle(position: Position): void;
  /** Ends it, once; with an error if that was not the caller's wish. */
  end(error?: PubsubClientError): void;
}

export interface SubscriberRequest extends SubscribeOptions {
  topicId: string;
  onEvent: (event: TopicEvent) => void;
  /** Called once the subscription is over. MUST NOT throw. */
  onEnd?: ((error: PubsubClientError | undefined) => void) | undefined;
}

export function createSubscriber(request: SubscriberRequest, guard: Guard, leave: () => void): Subscriber {
  const {
    topicId,
    since,
    token,
    onEvent,
    onGap = (gap) => guard.report(historyGone(gap)),
    onEnd,
    signal,
  } = request;
  let resolve!: (position: Position) => void;
  let reject!: (error: PubsubClientError) => void;
  const ready = new Promise<Position>((...settlers) => {
    [resolve, reject] = settlers;
  });
  let ended = false;
  ready.catch(() => {}); // it need not be looked at
  const onAbort = (): void => end();
  signal?.addEventListener("abort", onAbort);

  const sequencer = createSequencer(
    since,
    (event) => ended || guard.call("onEvent", onEvent, event),
    (gap) => ended || guard.call("onGap", onGap, { topicId, ...gap }),
  );

  function end(error?: PubsubClientError): void {
    if (ended) return;
    ended = true;
    signal?.removeEventListener("abort", onAbort);
    reject(error ?? closedEarly());
    leave();
    onEnd?.(error);
  }

  const subscriber: Subscriber = {
    sequencer,
    ready,
    token,
    isNew: true,
    settle(position) {
      subscriber.isNew = false;
      resolve(moved(position, 0));
    },
    end,
  };
  return subscriber;
}

export const closedEarly = (): PubsubClientError => new PubsubClientError("CLOSED", "closed before it stood");

export function historyGone(gap: Gap): PubsubClientError {
  const { topicId, from, to, reason } = gap;
  const message = `events of ${topicId} are gone: ${show(from)} to ${show(to)}, ${reason}`;
  return new PubsubClientError("HISTORY_GONE", message, { context: { ...gap }, resumeFrom: to });
}
