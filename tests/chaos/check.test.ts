import { describe, expect, it } from "vitest";
import { check } from "./check/check.ts";
import { evidence } from "./check/violation.ts";
import type { Line } from "./lines.ts";

const TOPIC = "room";
const EPOCH = "e";
let clockMs = 0;
const at = (): number => (clockMs += 10);

/** Functions that create the lines of a history. */
const begin = (m: string, id?: string): Line => ({
  at: at(),
  k: "begin",
  topic: TOPIC,
  m,
  ...(id && { id }),
});
const accepted = (m: string, offset: number, duplicate = false): Line => {
  return { at: at(), k: "ok", topic: TOPIC, m, epoch: EPOCH, offset, duplicate };
};
const rejected = (m: string): Line => ({ at: at(), k: "no", topic: TOPIC, m, code: "STORAGE_FAILED" });
const logged = (m: string, offset: number, id = `id ${m}`): Line => {
  return { at: at(), k: "event", topic: TOPIC, epoch: EPOCH, offset, m, id };
};
const subscribed = (who: string, offset = 0): Line => {
  return { at: at(), k: "subscribed", who, topic: TOPIC, epoch: EPOCH, offset };
};
const left = (who: string): Line => ({ at: at(), k: "left", who, topic: TOPIC });
const got = (who: string, m: string, offset?: number): Line => {
  return { at: at(), k: "got", who, m, ...(offset !== undefined && { epoch: EPOCH, offset }) };
};
const posted = (who: string, m: string, caller = "fanout/1", status = 200): Line => {
  return { at: at(), k: "post", who, ms: [m], status, delivered: true, caller };
};
const ended = (k: "abandoned" | "unread" | "dead" | "redriven", who: string, offset: number): Line => {
  return { at: at(), k, topic: TOPIC, epoch: EPOCH, offset, who };
};
const published = (m: string, offset: number): Line[] => [begin(m), accepted(m, offset), logged(m, offset)];

const judge = (...lines: (Line | Line[])[]) => check(lines.flat(), { indexLagMs: 0 });
const found = (...lines: (Line | Line[])[]): string[] =>
  judge(...lines).violations.map(({ promise, found }) => `${promise}: ${found}`);

describe("check of the log", () => {
  it("accepts events of rejected publishes and of publishes without a result", () => {
    const unknown = [begin("a"), rejected("a"), begin("b"), begin("c"), rejected("c")];
    expect(found(unknown, logged("a", 1), logged("b", 2))).toEqual([]);
  });

  it("reports a missing offset", () => {
    expect(found(published("a", 1), published("b", 3))).toEqual([
      "log: epoch e continues with offset 3; expected 2",
    ]);
  });

  it("reports an offset with two events", () => {
    expect(found(published("a", 1), published("b", 1), published("c", 2))).toContain(
      "log: epoch e continues with offset 1; expected 2",
    );
  });

  it("reports an accepted publication that is missing or at another position", () => {
    expect(found(begin("a"), accepted("a", 1))).toEqual(["log: accepted at e#1, but is not in the log"]);
    expect(found(begin("a"), accepted("a", 2), logged("a", 1))).toEqual([
      "log: accepted at e#2, but is at e#1",
    ]);
  });

  it("reports a retried publication that became two events", () => {
    const twice = [begin("a", "id a"), rejected("a"), begin("a", "id a"), accepted("a", 2)];
    expect(found(twice, logged("a", 1), logged("a", 2))).toContain(
      "idempotency: one publication is two events, e#1 and e#2",
    );
  });

  it("reports a later publish at an earlier position, unless it is a duplicate", () => {
    const before = begin("late");
    const early = [begin("early"), accepted("early", 2)];
    const entries = [logged("late", 1), logged("early", 2)];
    expect(found(early, begin("late"), accepted("late", 1), entries)).toEqual([
      "order: began after early was accepted at e#2, but is at e#1",
    ]);
    expect(found(early, begin("late"), accepted("late", 1, true), entries)).toEqual([]);
    expect(found(before, early, accepted("late", 1), entries)).toEqual([]);
  });
});

describe("check of a client", () => {
  const two = [published("a", 1), published("b", 2)].flat();

  it("accepts every event after its first position, once and in order", () => {
    expect(found(subscribed("client-1"), two, got("client-1", "a", 1), got("client-1", "b", 2))).toEqual([]);
    expect(found(subscribed("client-1", 1), two, got("client-1", "b", 2))).toEqual([]);
  });

  it("counts lost, duplicated and reordered events", () => {
    const lost = judge(subscribed("client-1"), two, got("client-1", "b", 2));
    expect(lost.clients).toEqual({ lost: 1, duplicated: 0, reordered: 0 });
    expect(lost.violations[0]?.found).toBe("never received e#1; it began at e#0");
    const [a, b] = [got("client-1", "a", 1), got("client-1", "b", 2)];
    expect(judge(subscribed("client-1"), two, a, a, b).clients.duplicated).toBe(1);
    expect(judge(subscribed("client-1"), two, b, a).clients.reordered).toBe(1);
  });

  it("reports an event that differs from the log, and any gap", () => {
    const wrong = [got("client-1", "b", 1), got("client-1", "a", 2)];
    expect(found(subscribed("client-1"), two, wrong)[0]).toMatch(/received b at e#1, but the log does not/);
    const gap: Line = { at: at(), k: "gap", who: "client-1", reason: "new-epoch" };
    expect(found(subscribed("client-1", 2), two, gap)).toEqual([
      "client: got a gap (new-epoch), although nothing had expired",
    ]);
  });
});

describe("check of a raw subscriber", () => {
  const who = "raw-1.1";

  it("reports a missing event that was published while it was subscribed", () => {
    expect(found(subscribed(who), published("a", 1))).toEqual(["raw: never received e#1"]);
    expect(found(subscribed(who), published("a", 1), got(who, "a"))).toEqual([]);
    expect(found(published("a", 1), subscribed(who))).toEqual([]);
    expect(found(subscribed(who), published("a", 1), left(who))).toEqual([]);
    expect(found(subscribed(who), begin("a"), rejected("a"), logged("a", 1))).toEqual([]);
  });

  it("accepts a missing event that was published within the lag of the index", () => {
    const lines = [subscribed(who), ...published("a", 1)];
    expect(check(lines, { indexLagMs: 1_000 }).violations).toEqual([]);
  });

  it("accepts an abandonment only if the ledger and a dead letter both record it", () => {
    const lines = [subscribed(who), ...published("a", 1)];
    const both = [ended("abandoned", who, 1), ended("dead", who, 1)];
    expect(judge(lines, both)).toMatchObject({ abandoned: 1, raw: { lost: 0 }, violations: [] });
    expect(found(lines, ended("abandoned", who, 1))).toEqual([
      "abandonment: e#1 is abandoned in the ledger, but not in a dead letter",
    ]);
    expect(found(lines, ended("dead", who, 1))).toEqual([
      "abandonment: e#1 is abandoned in a dead letter, but not in the ledger",
    ]);
  });

  it("accepts an abandonment without a dead letter, if the ledger says that the subscriber did not read", () => {
    const lines = [subscribed(who), ...published("a", 1), ended("unread", who, 1)];
    expect(judge(lines)).toMatchObject({ abandoned: 1, raw: { lost: 0 }, violations: [] });
  });

  it("accepts an abandonment in the ledger only, if the event arrived or the subscriber left", () => {
    const lines = [subscribed(who), ...published("a", 1), ended("abandoned", who, 1)];
    expect(found(lines, got(who, "a"))).toEqual([]);
    expect(found(lines, left(who))).toEqual([]);
  });

  it("reports a redriven event that is missing, unless it is a dead letter again", () => {
    const lines = [
      subscribed(who),
      ...published("a", 1),
      ended("abandoned", who, 1),
      ended("redriven", who, 1),
    ];
    expect(found(lines)).toEqual(["raw: never received e#1"]);
    expect(found(lines, got(who, "a"))).toEqual([]);
    expect(judge(lines, ended("dead", who, 1))).toMatchObject({ abandoned: 1, violations: [] });
  });

  describe("that receives an event twice", () => {
    const twice = (...posts: (Line | Line[])[]): string[] =>
      found(subscribed(who), published("a", 1), got(who, "a"), got(who, "a"), ...posts);

    it("accepts the duplicate if the first worker was disturbed", () => {
      const again = (caller: string): Line => posted(who, "a", caller);
      expect(twice(again("fanout/1"), again("fanout/2"))).toEqual([
        "raw: received a 2 times, by fanout/1 and fanout/2, and no worker that posted it before was disturbed",
      ]);
      const death = (caller: string): Line => ({ at: at(), k: "gone", caller });
      expect(twice(again("fanout/1"), death("fanout/1"), again("fanout/2"))).toEqual([]);
      expect(twice(again("fanout/1"), death("fanout/3"), again("fanout/2"))).toHaveLength(1);
    });

    it("reports the duplicate if the fault was too long ago, unless the worker was frozen", () => {
      const hit = (name: string): Line => ({ at: at(), k: "hit", name, caller: "fanout/1" });
      const later = (befallen: Line): Line[] => {
        clockMs += 5_000;
        return [befallen, posted(who, "a", "fanout/1"), posted(who, "a", "fanout/2")];
      };
      expect(twice(later(hit("DynamoDB resets")))).toHaveLength(1);
      expect(twice(later(hit("workers frozen")))).toEqual([]);
      expect(twice(later(hit("clock steps")))).toEqual([]);
    });

    it("accepts the duplicate if the gateway read the post long after the worker's end", () => {
      const death: Line = { at: at(), k: "gone", caller: "fanout/1" };
      clockMs += 60_000;
      expect(twice(death, posted(who, "a", "fanout/1"), posted(who, "a", "fanout/2"))).toEqual([]);
    });

    it("accepts the duplicate if the worker that sent the part was disturbed", () => {
      const sent = (to: string): Line => {
        const part = { topic: TOPIC, epoch: EPOCH, offsets: [1], unit: "000001/part", to: [to] };
        return { at: at(), k: "sent", ...part, caller: "fanout/3" };
      };
      const again = (): Line[] => [posted(who, "a", "fanout/1"), posted(who, "a", "fanout/2")];
      const death = (): Line => ({ at: at(), k: "gone", caller: "fanout/3" });
      expect(twice(sent(who), death(), again())).toEqual([]);
      expect(twice(sent(who), again())).toHaveLength(1);
      expect(twice(sent("raw-2.1"), death(), again())).toHaveLength(1);
    });

    it("accepts the duplicate if a worker failed to post and was disturbed then", () => {
      const death: Line = { at: at(), k: "gone", caller: "fanout/1" };
      const inVain = { ...posted(who, "a", "fanout/1", 500), delivered: false } as Line;
      const again = [posted(who, "a", "fanout/2"), posted(who, "a", "fanout/3")];
      expect(twice(death, inVain, again)).toEqual([]);
      expect(twice(inVain, again)).toHaveLength(1);
    });

    it("accepts the duplicate if the first response was lost", () => {
      expect(twice(posted(who, "a", "fanout/1", 0), posted(who, "a", "fanout/1"))).toEqual([]);
    });

    it("counts the deliveries and the duplicates", () => {
      const lines = [subscribed(who), published("a", 1), got(who, "a"), got(who, "a"), got(who, "a")];
      expect(judge(...lines).raw).toEqual({ deliveries: 3, lost: 0, duplicated: 2 });
    });
  });

  it("reports an event that its topic's log does not contain", () => {
    expect(found(subscribed(who), got(who, "phantom"))).toEqual([
      "raw: received phantom, which its topic's log does not have",
    ]);
  });
});

it("returns only the lines that concern a violation", () => {
  const lines = [
    subscribed("raw-1.1"),
    subscribed("raw-2.1"),
    ...published("a", 1),
    ...published("b", 2),
    got("raw-1.1", "b"),
    got("raw-2.1", "a"),
    posted("raw-1.1", "a"),
  ];
  const [violation] = check(lines, { indexLagMs: 0 }).violations;
  expect(violation).toMatchObject({ who: "raw-1.1", m: "a" });
  const shown = violation ? evidence(lines, violation) : [];
  expect(shown.map(({ k }) => k)).toEqual(["begin", "ok", "event", "post"]);
});
