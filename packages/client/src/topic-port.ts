import type { ClientClock } from "./clock.ts";
import type { PubsubClientError } from "./errors.ts";
import type { Asking } from "./extension.ts";
import type { Guard } from "./guard.ts";
import type { Answer, Link } from "./link.ts";
import type { Subscriber } from "./subscriber.ts";
import type { Position, TopicEvent } from "./topic-event.ts";

/** What a topic gets from its client. */
export interface TopicPort {
  clock: ClientClock;
  guard: Guard;
  random: () => number;
  asking?: Asking;
  /** The connection to send requests on. */
  link(): Link | undefined;
  onSubscribed(answer: Answer): void;
  /** Called when the topic's `link` may have changed, and when the topic is not needed any more. */
  onChange(isIdle: boolean): void;
}

/** A topic's subscribers, and the one subscription on the server that they share. */
export interface Topic {
  add(subscriber: Subscriber): void;
  remove(subscriber: Subscriber): void;
  push(event: TopicEvent, chars: number): void;
  /** By which the server knows it, once it confirmed a subscription. */
  readonly name: string;
  /** The connection that has the subscription. */
  readonly link: Link | undefined;
  /** The position that a heartbeat sends. */
  readonly position: Position | undefined;
  /** Renews the subscription if that is due, although its timer has not rung: the device may have slept. */
  renew(): void;
  /**
   * Takes the topic's position. With `since`, the server replays what comes between (`recovered`), or cannot. MUST be called
   * only while a connection has the subscription.
   */
  settle(since: Position | undefined, to: Position, recovered: boolean): void;
  /** Takes this topic's part of the response to a PING. Returns whether it says that nothing is missing. */
  pong(link: Link, asked: Position, answer: Answer | undefined): boolean;
  linkUp(): void;
  linkDown(link: Link): void;
  end(error?: PubsubClientError): void;
}
