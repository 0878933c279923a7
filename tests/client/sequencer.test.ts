import { describe, expect, it } from "vitest";
import type { Position, TopicEvent } from "../../packages/client/src/index.ts";
import { BUFFER_CHARS_MAX, BUFFER_EVENTS_MAX } from "../../packages/client/src/limits.ts";
import { createSequencer, type Sequencer } from "../../packages/client/src/sequencer.ts";

const at = (epoch: string, offset: number): Position => ({ epoch, offset });
const event = (offset: number, epoch = "a"): TopicEvent => {
  return { topicId: "room", epoch, offset, publicationId: "p", publishedAt: 0, data: offset };
};

interface Sequence {
  sequencer: Sequencer;
  /** `a1` for an event, `gap a1-a3 reason` for a gap. */
  called: string[];
  push(...offsets: number[]): void;
  pushTo(epoch: string, ...offsets: number[]): void;
  answer(asked: Position | undefined, to: Position, recovered: boolean): boolean;
}

function sequence(since?: Position): Sequence {
  const called: string[] = [];
  const sequencer = createSequencer(
    since,
    ({ epoch, offset }) => void called.push(`${epoch}${offset}`),
    ({ from, to, reason }) =>
      void called.push(`gap ${from.epoch}${from.offset}-${to.epoch}${to.offset} ${reason}`),
  );
  const pushTo = (epoch: string, ...offsets: number[]): void => {
    for (const offset of offsets) sequencer.push(event(offset, epoch), 10);
  };
  return {
    sequencer,
    called,
    pushTo,
    push: (...offsets) => pushTo("a", ...offsets),
    answer(asked, to, recovered) {
      let settled = false;
      sequencer.answer(asked, to, recovered, () => {
        settled = true;
      });
      return settled;
    },
  };
}

describe("order", () => {
  it("delivers each event once and in order when events arrive twice and out of order", () => {
    const { push, called, sequencer } = sequence(at("a", 0));
    push(2, 1, 1, 3, 2, 6, 5, 5, 4, 1);
    expect(called).toEqual(["a1", "a2", "a3", "a4", "a5", "a6"]);
    expect(sequencer.isBehind).toBe(false);
  });

  it("holds events back until the server sends the first position", () => {
    const { push, called, sequencer } = sequence();
    push(4, 6, 5);
    expect(called).toEqual([]);
    sequencer.start(at("a", 4));
    expect(called).toEqual(["a5", "a6"]);
  });

  it("is behind while an event is missing before one that it has or that the server named", () => {
    const { push, answer, sequencer } = sequence(at("a", 0));
    push(2);
    expect(sequencer).toMatchObject({ isBehind: true, waiting: 1, position: at("a", 0) });
    push(1);
    expect(sequencer.isBehind).toBe(false);
    answer(at("a", 0), at("a", 5), true);
    expect(sequencer.isBehind).toBe(true);
  });
});

describe("gaps", () => {
  it("reports exactly the missing events as a gap and delivers the events that it has", () => {
    const { push, called, answer } = sequence(at("a", 2));
    push(6, 7, 9);
    answer(at("a", 2), at("a", 9), false);
    expect(called).toEqual(["gap a3-a5 history-unavailable", "a6", "a7"]);
    answer(at("a", 7), at("a", 9), false);
    expect(called.slice(3)).toEqual(["gap a8-a8 history-unavailable", "a9"]);
  });

  it("never delivers an event of a gap", () => {
    const { push, called, answer } = sequence(at("a", 2));
    answer(at("a", 2), at("a", 5), false);
    push(3, 4, 5, 6);
    expect(called).toEqual(["gap a3-a5 history-unavailable", "a6"]);
  });

  it("reports no gap when the positions are equal", () => {
    const { called, answer } = sequence(at("a", 5));
    answer(at("a", 5), at("a", 5), false);
    expect(called).toEqual([]);
  });

  it("ignores the response to an older request", () => {
    const { push, called, answer, sequencer } = sequence(at("a", 2));
    push(3);
    expect(answer(at("a", 2), at("a", 9), false)).toBe(false);
    expect(called).toEqual(["a3"]);
    expect(sequencer.isBehind).toBe(true);
  });
});

describe("epochs", () => {
  it("reports the unknown end of the old epoch as a gap and begins the new epoch", () => {
    const { pushTo, called, answer } = sequence(at("a", 7));
    pushTo("b", 1, 2);
    expect(called).toEqual([]);
    answer(at("a", 7), at("b", 2), false);
    expect(called).toEqual(["gap a8-b0 new-epoch", "b1", "b2"]);
  });

  it("enters the new epoch without a gap when the server recovered everything", () => {
    const { pushTo, called, answer } = sequence(at("a", 7));
    pushTo("b", 2);
    answer(at("a", 7), at("b", 2), true);
    pushTo("b", 1);
    expect(called).toEqual(["b1", "b2"]);
  });

  it("continues at the server's position when the server does not know its own", () => {
    const { push, called, answer, sequencer } = sequence(at("z", 9));
    push(4);
    expect(answer(at("b", 1), at("a", 3), true)).toBe(false);
    expect(answer(at("z", 9), at("a", 3), false)).toBe(true);
    push(4);
    expect(called).toEqual(["gap z10-a3 position-unknown", "a4"]);
    expect(sequencer.isBehind).toBe(false);
  });
});

describe("memory", () => {
  it("keeps the oldest events up to BUFFER_EVENTS_MAX and stays behind", () => {
    const { push, called, sequencer } = sequence(at("a", 0));
    for (let offset = BUFFER_EVENTS_MAX + 500; offset >= 2; offset--) push(offset);
    expect(sequencer.waiting).toBe(BUFFER_EVENTS_MAX);
    push(1);
    expect(called).toHaveLength(BUFFER_EVENTS_MAX + 1);
    expect(sequencer.isBehind).toBe(true);
  });

  it("keeps at most BUFFER_CHARS_MAX characters", () => {
    const { sequencer } = sequence(at("a", 0));
    for (let offset = 2; offset < 102; offset++) sequencer.push(event(offset), BUFFER_CHARS_MAX / 10);
    expect(sequencer.waiting).toBe(10);
  });
});
