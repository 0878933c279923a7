import { comparePositions, laterOf, moved } from "./position.ts";
import type { Sequencer } from "./sequencer.ts";
import type { Position, TopicEvent } from "./topic-event.ts";

/** The sequencer of a subscriber for whom only the newest event counts: it waits for no other, and reports no gap. */
export function createLatestSequencer(
  since: Position | undefined,
  deliver: (event: TopicEvent) => void,
): Sequencer {
  let at = since && moved(since, 0);
  /** The end of the log, as far as it is known. */
  let head = at;
  let newest: TopicEvent | undefined;

  const isBehind = (): boolean => !!at && !!head && comparePositions(head, at) > 0;
  /** The events before the last one do not matter, so it never asks for more than that one. */
  const position = (): Position | undefined => (isBehind() ? moved(head as Position, -1) : at);

  function flush(): void {
    const event = newest;
    if (!at || !event) return;
    newest = undefined;
    if (comparePositions(event, at) <= 0) return;
    at = moved(event, 0);
    head = laterOf(head, at);
    deliver(event);
  }

  function answer(
    asked: Position | undefined,
    to: Position,
    recovered: boolean,
    onSettled: () => void,
  ): void {
    const mine = position();
    if (!at || !mine) return;
    const order = comparePositions(to, at);
    const isMine = asked && comparePositions(mine, asked) === 0;
    if (isMine || order >= 0) onSettled();
    if (isMine && order < 0) {
      // The position belongs to a log that the server does not have
      at = head = moved(to, 0);
      newest = undefined;
    }
    // There is no last event, or it has expired
    const isGone = isMine && !recovered && comparePositions(moved(to, -1), mine) === 0;
    if (order > 0 && (to.offset === 0 || isGone)) at = moved(to, 0);
    head = laterOf(head, moved(to, 0));
    flush();
  }

  return {
    get position() {
      return position();
    },
    get isBehind() {
      return isBehind();
    },
    waiting: 0,
    push(event) {
      if (newest && comparePositions(event, newest) <= 0) return;
      // Of the events of one message only the newest counts
      if (!newest) queueMicrotask(flush);
      newest = event;
    },
    start(from) {
      at = from && moved(from, 0);
      if (at) head = laterOf(head, at);
      flush();
    },
    answer,
  };
}
