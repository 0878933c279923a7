import { aFunction, aNumber, aPosition, aSignal, aToken, type Check } from "./check.ts";
import { PubsubClientError } from "./errors.ts";
import { aLast } from "./history-options.ts";
import { ITERATOR_EVENTS_DEFAULT } from "./limits.ts";
import { moved, show } from "./position.ts";
import { historyGone } from "./subscriber.ts";
import type { TopicEvent } from "./topic-event.ts";
import type { EventsOptions, SubscribeClient } from "./types.ts";

export const EVENTS_CHECKS: Record<keyof EventsOptions, Check> = {
  last: aLast,
  since: aPosition,
  token: aToken,
  onGap: aFunction(),
  signal: aSignal,
  bufferLimit: aNumber(ITERATOR_EVENTS_DEFAULT, 1, 1_000_000),
};

/** Turns a subscription into an async iterator. It holds events for its reader, at most `bufferLimit` of them. */
export function iterateEvents(
  subscribe: SubscribeClient["subscribe"],
  topicId: string,
  { bufferLimit, signal, ...options }: EventsOptions & { bufferLimit: number },
): AsyncIterableIterator<TopicEvent, undefined> {
  const events: TopicEvent[] = [];
  let readers: (() => void)[] = [];
  let isOver = false;
  /** Thrown once, after the reader has read the events before it. */
  let error: PubsubClientError | undefined;
  const onAbort = (): void => over();
  const unsubscribe = subscribe(topicId, onEvent, {
    ...options,
    onGap: options.onGap ?? ((gap) => over(historyGone(gap))),
    onEnd: (why) => over(why.code === "CLOSED" ? undefined : why),
  });
  signal?.addEventListener("abort", onAbort);
  if (signal?.aborted) over();

  function onEvent(event: TopicEvent): void {
    if (isOver) return;
    if (events.length < bufferLimit) events.push(event);
    else over(overflow(events.at(-1) as TopicEvent));
    wake();
  }

  function overflow(last: TopicEvent): PubsubClientError {
    const message = `${bufferLimit} events of ${topicId} are unread; resume from ${show(last)}`;
    const resumeFrom = moved(last, 0);
    return new PubsubClientError("BUFFER_OVERFLOW", message, {
      context: { topicId, bufferLimit },
      resumeFrom,
    });
  }

  function over(why?: PubsubClientError): void {
    if (isOver) return;
    isOver = true;
    error = why;
    signal?.removeEventListener("abort", onAbort);
    unsubscribe();
    wake();
  }

  function wake(): void {
    const woken = readers;
    readers = [];
    for (const resolve of woken) resolve();
  }

  return {
    async next() {
      while (!isOver && events.length === 0) {
        await new Promise<void>((resolve) => readers.push(resolve));
      }
      const value = events.shift();
      if (value) return { value, done: false };
      const why = error;
      error = undefined;
      if (why) throw why;
      return { value, done: true };
    },
    async return() {
      over();
      events.length = 0;
      error = undefined;
      return { value: undefined, done: true };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
