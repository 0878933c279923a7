import { BUFFER_CHARS_MAX, BUFFER_EVENTS_MAX } from "./limits.ts";
import { comparePositions, laterOf, moved } from "./position.ts";
import type { Gap, GapReason, Position, TopicEvent } from "./types.ts";

/** Puts what arrives twice, late and in any order into the order of the log, each event once. */
export interface Sequencer {
  /** The last event delivered or given up; undefined until the first answer of the server. */
  readonly position: Position | undefined;
  /** Whether something behind `position` is known to exist. */
  readonly isBehind: boolean;
  /** How many events wait behind a hole. */
  readonly waiting: number;
  push(event: TopicEvent, chars: number): void;
  start(position: Position): void;
  /**
   * The server's word: the log stood at `to`, and what is between `asked` and `to` is being sent (`recovered`) or
   * can't be. Calls back, before anything is delivered, if that settles where this sequence stands.
   */
  answer(asked: Position | undefined, to: Position, recovered: boolean, onSettled: () => void): void;
}

export function createSequencer(
  since: Position | undefined,
  deliver: (event: TopicEvent) => void,
  reportGap: (gap: Omit<Gap, "topicId">) => void,
): Sequencer {
  let at = since && moved(since, 0);
  let head = at;
  /** Ascending, all of them behind `at`, the first not next to it. */
  const waiting: { event: TopicEvent; chars: number }[] = [];
  let waitingChars = 0;

  function push(event: TopicEvent, chars: number): void {
    if (at && comparePositions(event, at) <= 0) return;
    if (waiting.some((other) => comparePositions(other.event, event) === 0)) return;
    waiting.push({ event, chars });
    waiting.sort((one, other) => comparePositions(one.event, other.event));
    head = laterOf(head, moved(event, 0));
    waitingChars += chars;
    drain();
    while (waiting.length > BUFFER_EVENTS_MAX || waitingChars > BUFFER_CHARS_MAX) {
      waitingChars -= waiting.pop()?.chars ?? 0;
    }
  }

  /** Delivers what is next, for as long as it is there. A callback may end up in here again. */
  function drain(): void {
    for (;;) {
      const first = waiting[0];
      if (!first || !at || comparePositions(first.event, moved(at, 1)) > 0) return;
      waiting.shift();
      waitingChars -= first.chars;
      if (comparePositions(first.event, at) <= 0) continue;
      at = moved(first.event, 0);
      deliver(first.event);
    }
  }

  function start(position: Position): void {
    at = moved(position, 0);
    head = laterOf(head, at);
    drain();
  }

  function answer(
    asked: Position | undefined,
    to: Position,
    recovered: boolean,
    onSettled: () => void,
  ): void {
    if (!at) return;
    const order = comparePositions(to, at);
    const fromAsked = asked ? comparePositions(at, asked) : -1;
    // Ahead of the server's log is not settled: that may be a position it has never heard of
    const isBetween = fromAsked > 0 && order > 0 && recovered && to.epoch === at.epoch;
    if (fromAsked === 0 || order === 0 || isBetween) onSettled();
    if (fromAsked === 0) {
      if (order < 0) giveUp(to, "position-unknown");
      else if (order > 0 && !recovered)
        giveUp(to, to.epoch === at.epoch ? "history-unavailable" : "new-epoch");
      // Recovered in another epoch: the one before ended where we are
      else if (to.epoch !== at.epoch) at = { epoch: to.epoch, offset: 0 };
    }
    head = laterOf(head, moved(to, 0));
    drain();
  }

  /** Only up to what is here: an event is delivered or given up, never both. */
  function giveUp(to: Position, reason: GapReason): void {
    const from = moved(at as Position, 1);
    if (reason === "position-unknown") {
      // What waits is of a log that the server does not have
      waiting.length = waitingChars = 0;
      head = to;
    }
    const next = waiting[0]?.event;
    at = moved(next && comparePositions(next, to) <= 0 ? moved(next, -1) : to, 0);
    reportGap({ from, to: at, reason });
  }

  return {
    get position() {
      return at;
    },
    get isBehind() {
      return !!at && !!head && comparePositions(head, at) > 0;
    },
    get waiting() {
      return waiting.length;
    },
    push,
    start,
    answer,
  };
}
