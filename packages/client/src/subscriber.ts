import { PubsubClientError } from "./errors.ts";
import type { Guard } from "./guard.ts";
import { isFunction } from "./is.ts";
import { REORDER_EVENTS, TOKEN_RETRIES_MAX } from "./limits.ts";
import { comparePositions, moved, show } from "./position.ts";
import type { Laggard } from "./recovery.ts";
import { createSequencer, type Sequencer } from "./sequencer.ts";
import type { Gap, Position, TopicEvent } from "./topic-event.ts";
import type { SubscribeOptions, TopicOptions } from "./types.ts";

/** One call of `subscribe`. The subscribers of a topic share its events; each has its own position. */
export interface Subscriber {
  readonly sequencer: Sequencer;
  readonly ready: Promise<Position>;
  readonly token: SubscribeOptions["token"];
  /** For its reports. */
  topicId: string;
  /** Whether the server has not yet confirmed this subscriber's position. */
  isNew: boolean;
  /** How far the topic's other subscribers were when this one subscribed. */
  floor?: Position;
  /** Resolves `ready`, with more about the beginning if there is more. */
  settle(position: Position, more?: object): void;
  /**
   * Takes the server's refusal of its token. Returns whether its function should be asked for another one: a token may be
   * from a cache, or the text of an error page. Otherwise it has ended.
   */
  refused(error: PubsubClientError): boolean;
  /** Ends it, once. It has an error if the caller did not end it. */
  end(error?: PubsubClientError): void;
}

export interface SubscriberRequest extends TopicOptions {
  topicId: string;
  onEvent: (event: TopicEvent) => void;
}

export type SequencerFactory = (
  ...given: [...Parameters<typeof createSequencer>, request: SubscriberRequest]
) => Sequencer;

export function createSubscriber(
  request: SubscriberRequest,
  guard: Guard,
  leave: () => void,
  factory: SequencerFactory = createSequencer,
): Subscriber {
  const { since, token, onEvent, onGap = (gap) => guard.report(historyGone(gap)), onEnd, signal } = request;
  let resolve!: (position: Position) => void;
  let reject!: (error: PubsubClientError) => void;
  const ready = new Promise<Position>((...settlers) => {
    [resolve, reject] = settlers;
  });
  let ended = false;
  /** Of its tokens, one after the other. */
  let refusals = 0;
  ready.catch(() => {}); // the caller may ignore it
  const onAbort = (): void => end();
  signal?.addEventListener("abort", onAbort);

  const sequencer = factory(
    since,
    (event) => ended || guard.call("onEvent", onEvent, event),
    (gap) => ended || guard.call("onGap", onGap, { topicId: subscriber.topicId, ...gap }),
    request,
  );

  function end(error?: PubsubClientError): void {
    if (ended) return;
    ended = true;
    signal?.removeEventListener("abort", onAbort);
    sequencer.end?.();
    reject(error ?? createClosedError());
    leave();
    if (error && onEnd) guard.call("onEnd", onEnd, error);
  }

  const subscriber: Subscriber = {
    sequencer,
    ready,
    token,
    topicId: request.topicId,
    isNew: true,
    refused(error) {
      if (isFunction(token) && refusals++ < TOKEN_RETRIES_MAX) return true;
      end(error);
      return false;
    },
    settle(position, more) {
      refusals = 0;
      subscriber.isNew = false;
      resolve({ ...moved(position, 0), ...more });
    },
    end,
  };
  return subscriber;
}

/** Returns the position of the subscriber that is furthest behind. */
export const lowest = (subscribers: Iterable<Subscriber>): Position | undefined =>
  [...subscribers].flatMap(({ sequencer }) => sequencer.position ?? []).sort(comparePositions)[0];

/** Returns where the subscribers that miss events need them from. */
export function laggardOf(subscribers: Iterable<Subscriber>): Laggard | undefined {
  const behind = [...subscribers].filter(({ isNew, sequencer }) => isNew || sequencer.isBehind);
  const position = lowest(behind);
  const urgent = behind.some(({ isNew, sequencer }) => isNew || sequencer.waiting >= REORDER_EVENTS);
  return position && { position, urgent };
}

export const createClosedError = (): PubsubClientError =>
  new PubsubClientError("CLOSED", "the subscription or the client was closed");

export function historyGone(gap: Gap): PubsubClientError {
  const { topicId, from, to, reason } = gap;
  const message = `events of ${topicId} are gone: ${show(from)} to ${show(to)}, ${reason}`;
  return new PubsubClientError("HISTORY_GONE", message, { context: { ...gap }, resumeFrom: to });
}
