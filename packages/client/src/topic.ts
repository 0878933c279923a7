import { fullJitterMs } from "./backoff.ts";
import { createAlarm } from "./clock.ts";
import type { PubsubClientError } from "./errors.ts";
import { isFunction } from "./is.ts";
import { TOPIC_BACKOFF } from "./limits.ts";
import type { Answer, Link, OnAnswer } from "./link.ts";
import { comparePositions, laterOf } from "./position.ts";
import { createRecovery, type Laggard } from "./recovery.ts";
import { createRenewal } from "./renewal.ts";
import { type Asked, subscribeTo } from "./request.ts";
import { laggardOf, lowest, type Subscriber } from "./subscriber.ts";
import { createTokenSource } from "./token.ts";
import type { Position } from "./topic-event.ts";
import type { Topic, TopicPort } from "./topic-port.ts";

export function createTopic(topicId: string, port: TopicPort): Topic {
  const { clock, random, asking } = port;
  const subscribers = new Set<Subscriber>();
  const retry = createAlarm(clock);
  const tokens = createTokenSource(port);
  let tries = 0;
  /** Of the user's topic only the server knows it. */
  let name = topicId;
  /** The connection that has our subscription. */
  let on: Link | undefined;
  /** The connection with a pending SUBSCRIBE or UNSUBSCRIBE. One at a time: the server may run two in any order. */
  let busy: Link | undefined;
  /** The newest position that the server sent. */
  let newest: Position | undefined;
  /** What the latest SUBSCRIBE asked for. */
  let asked: Asked | undefined;

  const laggard = (): Laggard | undefined => laggardOf(subscribers);
  const recovery = createRecovery(port, laggard, (from, onAnswered) => {
    const link = port.link();
    if (!link || on !== link) return false;
    link.request({ action: "PING", positions: { [name]: from } }, (answer) => {
      pong(link, from, answer);
      onAnswered();
    });
    return true;
  });

  const renewal = createRenewal(port, sync);

  /** Sends what the server needs to match our subscribers, one request at a time. */
  function sync(): void {
    const link = port.link();
    if (link && !busy && !retry.isSet) {
      const isOn = on === link;
      if (isOn && (subscribers.size === 0 || asking?.isOver(subscribers, asked))) unsubscribe(link);
      else if (subscribers.size > 0 && (!isOn || renewal.isDue || asking?.isStale(subscribers, asked)))
        subscribe(link);
    }
    port.onChange(subscribers.size === 0 && !busy && (!link || on !== link));
  }

  function subscribe(link: Link): void {
    const fields = asking?.fields(subscribers);
    const since = fields?.last ? undefined : lowest(subscribers);
    const holder = [...subscribers].reverse().find(({ token }) => token !== undefined);
    const token = holder?.token;
    const renews = on === link && !asking?.isStale(subscribers, asked);
    busy = link;
    const onAnswer: OnAnswer = (answer, error) => {
      busy = undefined;
      if (answer?.type === "SUBSCRIBED") {
        on = link;
        if (!topicId) name = answer.topicId;
        asked = fields;
        tries = 0;
        renewal.plan(answer);
        port.onSubscribed(answer);
        settle(since, answer, answer.recovered);
      } else if (error?.code === "REFUSED") refused(renews && on === link, holder, error);
      else tryLater();
      sync();
    };
    const send = (fresh?: string): void =>
      link.request(subscribeTo(topicId, { since, ...fields, token: fresh }), onAnswer);
    if (!isFunction(token)) send(token);
    else tokens.request(token, send, () => onAnswer(undefined));
  }

  function tryLater(): void {
    retry.set(fullJitterMs(TOPIC_BACKOFF, tries++, random), sync);
  }

  /**
   * A renewal that is refused ends nothing before its time. After that, a rejected token ends only the subscriber that gave
   * it: the others may have a token of their own.
   */
  function refused(renews: boolean, holder: Subscriber | undefined, error: PubsubClientError): void {
    const isForbidden = error.context.code === "FORBIDDEN";
    if (isForbidden && renews && renewal.later()) return;
    if (!holder || !isForbidden) end(error);
    else if (holder.refused(error)) tryLater();
  }

  /** If it fails, the server sends events that we drop, until the connection ends. That is harmless. */
  function unsubscribe(link: Link): void {
    busy = link;
    on = undefined;
    link.request({ action: "UNSUBSCRIBE", topicId: name }, () => {
      busy = undefined;
      sync();
    });
  }

  function settle(since: Position | undefined, to: Position, recovered: boolean): void {
    newest = to;
    for (const subscriber of subscribers) {
      subscriber.topicId = name;
      if (subscriber.sequencer.position) {
        subscriber.sequencer.answer(since, to, recovered, () => subscriber.settle(to));
      } else begin(subscriber, to);
    }
    recovery.check();
  }

  /** Begins with new events: after the server's position, and after what other subscribers here had already seen. */
  function begin(subscriber: Subscriber, to: Position): void {
    if (asking?.begin(subscriber, to, asked)) return;
    const now = laterOf(subscriber.floor, to);
    subscriber.settle(now);
    subscriber.sequencer.start(now);
  }

  function pong(link: Link, since: Position, answer: Answer | undefined): boolean {
    const { positions = {} } = answer?.type === "PONG" && on === link ? answer : { positions: {} };
    const position = Object.hasOwn(positions, name) ? positions[name] : undefined;
    if (!position) return false;
    if ("recovered" in position) settle(since, position, position.recovered);
    else {
      on = undefined;
      sync();
    }
    return "recovered" in position && comparePositions(position, since) === 0;
  }

  function end(error?: PubsubClientError): void {
    const ending = [...subscribers];
    subscribers.clear();
    busy = undefined;
    tokens.cancel();
    recovery.reset();
    retry.clear();
    renewal.clear();
    for (const subscriber of ending) subscriber.end(error);
  }

  return {
    add(subscriber) {
      for (const { isNew, sequencer } of subscribers) {
        if (!isNew && sequencer.position) subscriber.floor = laterOf(subscriber.floor, sequencer.position);
      }
      subscriber.topicId = name;
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
    get name() {
      return name;
    },
    get link() {
      return on;
    },
    get position() {
      return lowest(subscribers);
    },
    renew: sync,
    settle,
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
