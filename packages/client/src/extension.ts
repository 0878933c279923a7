import type { Check } from "./check.ts";
import type { PubsubClientError } from "./errors.ts";
import type { Answer, Link } from "./link.ts";
import type { Asked } from "./request.ts";
import type { SequencerFactory, Subscriber } from "./subscriber.ts";
import type { Position } from "./topic-event.ts";
import type { SubscribeOptions } from "./types.ts";

/**
 * What `createPubsubClient` adds to the core. `createSubscribeClient` has none of it, and bundlers then drop the code.
 */
export interface Extension {
  subscribeChecks: Readonly<Record<keyof SubscribeOptions, Check>>;
  createSequencer: SequencerFactory;
  asking: Asking;
  /** Takes the response to a SUBSCRIBE of the topic. */
  onSubscribed(topicId: string, answer: Answer): void;
  onUp(link: Link): void;
  onDown(link: Link): void;
  /** Forgets everything that waits. Returns it, to be ended once the connection is closed. */
  take(): Iterable<{ end(error: PubsubClientError): void }>;
}

/** Decides what the one subscription of a topic has to bring, so that each of its subscribers gets what it asked for. */
export interface Asking {
  /** Returns the fields for the next SUBSCRIBE. With `last`, it goes without `since`. */
  fields(subscribers: Iterable<Subscriber>): Asked;
  /** Returns whether the subscription, which was made with `asked`, does not serve all subscribers. */
  isStale(subscribers: Iterable<Subscriber>, asked: Asked | undefined): boolean;
  /** Returns whether it has to end first, because only its end takes something back. */
  isOver(subscribers: Iterable<Subscriber>, asked: Asked | undefined): boolean;
  /**
   * Lets a subscriber without a position begin. Returns false if the core is to do that, with the events after `to`. `to` is
   * a topic's position, or the whole response to a SUBSCRIBE with `asked`.
   */
  begin(subscriber: Subscriber, to: Position | Answer, asked: Asked | undefined): boolean;
}
