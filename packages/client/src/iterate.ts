import { PubsubClientError } from "./errors.ts";
import { moved, show } from "./position.ts";
import { historyGone, type SubscriberRequest } from "./subscriber.ts";
import type { EventsOptions, TopicEvent } from "./types.ts";

/** Turns a subscription into an async iterator. It holds events for its reader, at most `bufferLimit` of them. */
export function iterateEvents(
  subscribe: (request: SubscriberRequest) => () => void,
  topicId: string,
  { bufferLimit, ...options }: EventsOptions & { bufferLimit: number },
): AsyncIterableIterator<TopicEvent, undefined> {
  const events: TopicEvent[] = [];
  let readers: (() => void)[] = [];
  let isOver = false;
  /** Thrown once, after the reader has read the events before it. */
  let error: PubsubClientError | undefined;
  let unsubscribe: (() => void) | undefined;
  unsubscribe = subscribe({
    ...options,
    topicId,
    onGap: options.onGap ?? ((gap) => over(historyGone(gap))),
    onEvent(event) {
      if (isOver) return;
      if (events.length < bufferLimit) events.push(event);
      else over(overflow(events.at(-1) as TopicEvent));
      wake();
    },
    onEnd: over,
  });

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
    unsubscribe?.();
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
