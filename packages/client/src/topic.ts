import { fullJitterMs } from "./backoff.ts";
import { createAlarm } from "./clock.ts";
import type { PubsubClientError } from "./errors.ts";
import { isFunction } from "./is.ts";
import { TOPIC_BACKOFF } from "./limits.ts";
import type { Answer, Link, OnAnswer } from "./link.ts";
import { comparePositions, laterOf } from "./position.ts";
import { createRecovery, type Laggard } from "./recovery.ts";
import { laggardOf, lowest, type Subscriber } from "./subscriber.ts";
import { createTokenSource } from "./token.ts";
import type { Position, TopicEvent } from "./topic-event.ts";
import type { TopicPort } from "./topic-port.ts";

/** A topic's subscribers, and the one subscription on the server that they share. */
export interface Topic {
  add(subscriber: Subscriber): void;
  remove(subscriber: Subscriber): void;
  push(event: TopicEvent, chars: number): void;
  /** The connection that has the subscription. */
  readonly link: Link | undefined;
  /** The position that a heartbeat sends. */
  readonly position: Position | undefined;
  /** Renews the subscription if it ends within this time. */
  renew(withinMs: number): void;
  /** Takes this topic's part of the response to a PING. Returns whether it says that nothing is missing. */
  pong(link: Link, asked: Position, answer: Answer | undefined): boolean;
  linkUp(): void;
  linkDown(link: Link): void;
  end(error?: PubsubClientError): void;
}

export function createTopic(topicId: string, port: TopicPort): Topic {
  const { clock, random } = port;
  const subscribers = new Set<Subscriber>();
  const retry = createAlarm(clock);
  const tokens = createTokenSource(port);
  let tries = 0;
  /** The connection that has our subscription. */
  let on: Link | undefined;
  /** The connection with a pending SUBSCRIBE or UNSUBSCRIBE. One at a time: the server may run two in any order. */
  let busy: Link | undefined;
  /** The newest position that the server sent. */
  let newest: Position | undefined;
  /** When the subscription ends, such as with its token, in seconds since 1970. */
  let endsAt: number | undefined;

  const laggard = (): Laggard | undefined => laggardOf(subscribers);
  const recovery = createRecovery(port, laggard, (from, onAnswered) => {
    const link = port.link();
    if (!link || on !== link) return false;
    link.request({ action: "PING", positions: { [topicId]: from } }, (answer) => {
      pong(link, from, answer);
      onAnswered();
    });
    return true;
  });

  /** Sends what the server needs to match our subscribers, one request at a time. */
  function sync(): void {
    const link = port.link();
    if (!busy && !retry.isSet) {
      if (subscribers.size > 0) {
        if (link && on !== link) subscribe(link);
      } else if (link && on === link) unsubscribe(link);
    }
    port.onChange(subscribers.size === 0 && !busy && (!link || on !== link));
  }

  function subscribe(link: Link): void {
    const since = lowest(subscribers);
    const holder = [...subscribers].reverse().find(({ token }) => token !== undefined);
    const token = holder?.token;
    busy = link;
    const onAnswer: OnAnswer = (answer, error) => {
      busy = undefined;
      if (answer?.type === "SUBSCRIBED") {
        on = link;
        tries = 0;
        endsAt = answer.expiresAt;
        port.onSubscribed();
        settle(since, answer, answer.recovered);
      } else if (error?.code === "REFUSED") refused(holder, error);
      else tryLater();
      sync();
    };
    const send = (fresh?: string): void =>
      link.request({ action: "SUBSCRIBE", topicId, format: "event", since, token: fresh }, onAnswer);
    if (!isFunction(token)) send(token);
    else tokens.request(token, send, () => onAnswer(undefined));
  }

  function tryLater(): void {
    retry.set(fullJitterMs(TOPIC_BACKOFF, tries++, random), sync);
  }

  /** A rejected token ends only the subscriber that gave it: the others may have a token of their own. */
  function refused(holder: Subscriber | undefined, error: PubsubClientError): void {
    if (!holder || error.context.code !== "FORBIDDEN") end(error);
    else if (holder.refused(error)) tryLater();
  }

  /** If it fails, the server sends events that we drop, until the connection ends. That is harmless. */
  function unsubscribe(link: Link): void {
    busy = link;
    on = undefined;
    link.request({ action: "UNSUBSCRIBE", topicId }, () => {
      busy = undefined;
      sync();
    });
  }

  function settle(asked: Position | undefined, to: Position, recovered: boolean): void {
    newest = to;
    for (const subscriber of subscribers) {
      if (subscriber.sequencer.position) {
        subscriber.sequencer.answer(asked, to, recovered, () => subscriber.settle(to));
      } else begin(subscriber, to);
    }
    recovery.check();
  }

  /** Begins with new events: after the server's position, and after what other subscribers here had already seen. */
  function begin(subscriber: Subscriber, to: Position): void {
    const now = laterOf(subscriber.floor, to);
    subscriber.settle(now);
    subscriber.sequencer.start(now);
  }

  function pong(link: Link, asked: Position, answer: Answer | undefined): boolean {
    const { positions = {} } = answer?.type === "PONG" && on === link ? answer : { positions: {} };
    const position = Object.hasOwn(positions, topicId) ? positions[topicId] : undefined;
    if (!position) return false;
    if ("recovered" in position) settle(asked, position, position.recovered);
    else {
      on = undefined;
      sync();
    }
    return "recovered" in position && comparePositions(position, asked) === 0;
  }

  function end(error?: PubsubClientError): void {
    const ending = [...subscribers];
    subscribers.clear();
    busy = undefined;
    tokens.cancel();
    recovery.reset();
    retry.clear();
    for (const subscriber of ending) subscriber.end(error);
  }

  return {
    add(subscriber) {
      for (const { isNew, sequencer } of subscribers) {
        if (!isNew && sequencer.position) subscriber.floor = laterOf(subscriber.floor, sequencer.position);
      }
      subscribers.add(subscriber);
      // The server has confirmed the subscription already
      if (newest && on && on === port.link() && !subscriber.sequencer.position) begin(subscriber, newest);
      sync();
      recovery.check();
    },
    remove(subscriber) {
      subscribers.delete(subscriber);
      sync();
    },
    push(event, chars) {
      for (const { sequencer } of subscribers) sequencer.push(event, chars);
      recovery.check();
    },
    get link() {
      return on;
    },
    get position() {
      return lowest(subscribers);
    },
    renew(withinMs) {
      // Without an end, this compares NaN
      if ((endsAt as number) * 1_000 - clock.now() < withinMs) {
        on = undefined;
        sync();
      }
    },
    pong,
    linkUp() {
      retry.clear();
      recovery.reset();
      sync();
    },
    linkDown(link) {
      if (on === link) on = undefined;
      if (busy === link) {
        busy = undefined;
        tokens.cancel();
      }
      sync();
    },
    end,
  };
}
