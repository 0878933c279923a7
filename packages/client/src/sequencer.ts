import { BUFFER_CHARS_MAX, BUFFER_EVENTS_MAX } from "./limits.ts";
import { comparePositions, laterOf, moved } from "./position.ts";
import type { Asked } from "./request.ts";
import type { Gap, GapReason, Position, TopicEvent } from "./topic-event.ts";

/** Puts events that arrive twice, late or in any order into the order of the log, each event once. */
export interface Sequencer {
  /** What its subscriber asked for. */
  readonly asked?: Asked;
  /** The last event that was delivered or given up. Undefined until the first response of the server. */
  readonly position: Position | undefined;
  /** Whether an event after `position` is known to exist. */
  readonly isBehind: boolean;
  /** How many events wait after a hole. */
  readonly waiting: number;
  push(event: TopicEvent, chars: number): void;
  /** Continues after this position, or holds all events back until it is called again. */
  start(position: Position | undefined): void;
  /**
   * Takes the server's response: the log ended at `to`, and the server replays the events between `asked` and `to`
   * (`recovered`) or cannot. If that settles the position, calls `onSettled` before it delivers an event.
   */
  answer(asked: Position | undefined, to: Position, recovered: boolean, onSettled: () => void): void;
  /** Clears timers, if it has some. */
  end?(): void;
}

export function createSequencer(
  since: Position | undefined,
  deliver: (event: TopicEvent) => void,
  reportGap: (gap: Omit<Gap, "topicId">) => void,
): Sequencer {
  let at = since && moved(since, 0);
  let head = at;
  /** Ascending. All of them are after `at`, and the first is not the next one. */
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

  /** Delivers the next events as long as they are here. A callback may call this function again. */
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

  function start(position: Position | undefined): void {
    at = position && moved(position, 0);
    if (at) head = laterOf(head, at);
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
    // A position ahead of the server's log is not settled: the server may not know it
    const isBetween = fromAsked > 0 && order > 0 && recovered && to.epoch === at.epoch;
    if (fromAsked === 0 || order === 0 || isBetween) onSettled();
    if (fromAsked === 0) {
      if (order < 0) giveUp(to, "position-unknown");
      else if (order > 0 && !recovered)
        giveUp(to, to.epoch === at.epoch ? "history-unavailable" : "new-epoch");
      // Recovered in another epoch: the previous epoch ended at our position
      else if (to.epoch !== at.epoch) at = { epoch: to.epoch, offset: 0 };
    }
    head = laterOf(head, moved(to, 0));
    drain();
  }

  /** Gives up only the events before the first one that waits: an event is delivered or given up, never both. */
  function giveUp(to: Position, reason: GapReason): void {
    const from = moved(at as Position, 1);
    if (reason === "position-unknown") {
      // The waiting events belong to a log that the server does not have
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
