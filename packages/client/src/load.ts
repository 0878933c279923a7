import { fullJitterMs } from "./backoff.ts";
import { aPosition, describe } from "./check.ts";
import { type ClientClock, createAlarm } from "./clock.ts";
import { PubsubClientError } from "./errors.ts";
import type { Guard } from "./guard.ts";
import { isObject } from "./is.ts";
import { LOAD_TIMEOUT_MS, TOPIC_BACKOFF } from "./limits.ts";
import { comparePositions, laterOf, moved, show } from "./position.ts";
import { createSequencer, type Sequencer } from "./sequencer.ts";
import type { Position, TopicEvent } from "./topic-event.ts";
import type { LoadedState, LoadState } from "./types.ts";

export interface LoadPort {
  topicId: string;
  load: LoadState;
  onState: (state: unknown, position: Position) => void;
  clock: ClientClock;
  guard: Guard;
  random: () => number;
  /** The log reaches this position: asks the server for what is missing up to it. */
  reach(topicId: string, position: Position): void;
}

/**
 * The sequencer of a subscriber with `load`. It holds the events back until there is a state, and again from a gap on until
 * there is a newer state. What it cannot hold comes from the log later, or leads to another gap.
 */
export function createLoadingSequencer(port: LoadPort, deliver: (event: TopicEvent) => void): Sequencer {
  const { topicId, load, onState, clock, guard, random, reach } = port;
  const inner = createSequencer(undefined, deliver, () => {
    inner.start(undefined);
    wait();
  });
  /** The timeout of `load`, or the delay until the next one. */
  const alarm = createAlarm(clock);
  let current: AbortController | undefined;
  /** Since the events were last complete. */
  let tries = 0;
  let newest: Position | undefined;

  function start(to: Position | undefined): void {
    if (to) newest = laterOf(newest, moved(to, 0));
    if (!alarm.isSet) wait();
  }

  function wait(): void {
    if (tries === 0) go();
    else alarm.set(fullJitterMs(TOPIC_BACKOFF, tries, random), go);
  }

  function go(): void {
    const mine = new AbortController();
    current = mine;
    tries++;
    const settle = (act: () => void): void => {
      if (current !== mine) return;
      stop();
      act();
    };
    alarm.set(LOAD_TIMEOUT_MS, () => settle(() => failed(`took longer than ${LOAD_TIMEOUT_MS} ms`)));
    new Promise<LoadedState>((resolve) => resolve(load({ signal: mine.signal }))).then(
      (loaded) => settle(() => use(loaded)),
      (cause: unknown) => settle(() => failed("failed", cause)),
    );
  }

  function failed(why: string, cause?: unknown): void {
    const message = `load of ${topicId} ${why}`;
    wait();
    guard.report(new PubsubClientError("LOAD_FAILED", message, { cause, context: { topicId, tries } }));
  }

  function use(loaded: unknown): void {
    const { position, state } = isObject(loaded) ? loaded : {};
    const [expected, isPosition] = aPosition;
    if (!isPosition(position))
      failed(`must return { state, position: ${expected} }; got ${describe(position)}`);
    else begin(state, moved(position as Position, 0));
  }

  function begin(state: unknown, position: Position): void {
    const end = newest as Position;
    if (position.epoch < end.epoch) {
      failed(`returned ${show(position)}, of an epoch before that of ${show(end)}`);
      return;
    }
    guard.call("onState", onState, state, position);
    inner.start(position);
    if (comparePositions(position, end) < 0) reach(topicId, end);
    calm();
  }

  function calm(): void {
    if (inner.position && !inner.isBehind) tries = 0;
  }

  function stop(): void {
    alarm.clear();
    current?.abort();
    current = undefined;
  }

  return {
    get position() {
      return inner.position;
    },
    get isBehind() {
      return inner.isBehind;
    },
    get waiting() {
      return inner.waiting;
    },
    push(event, chars) {
      newest = laterOf(newest, moved(event, 0));
      inner.push(event, chars);
      calm();
    },
    start,
    answer(asked, to, recovered, onSettled) {
      newest = laterOf(newest, moved(to, 0));
      inner.answer(asked, to, recovered, onSettled);
      calm();
    },
    end: stop,
  };
}
