import { describe, expect, it } from "vitest";
import { framesOf, withNonce, withoutEnd } from "../../../packages/pubsub/src/core/frames.ts";
import { nonceTail } from "../../../packages/pubsub/src/core/nonce.ts";
import type { StoredEvent } from "../../../packages/pubsub/src/core/types.ts";
import { storedEvent } from "../../support/samples.ts";

const epoch = "0m1c2d3e4";
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const textsOf = (...args: Parameters<typeof framesOf>): string[] =>
  framesOf(...args).map(({ body }) => decoder.decode(body));
const dataEvent = (offset: number, data: unknown): StoredEvent =>
  storedEvent(offset, { json: JSON.stringify(data), verbatim: typeof data === "string" });

describe("the data format", () => {
  it.each<[unknown, string]>([
    ["hello", "hello"],
    ["", ""],
    ['{"a":1}', '{"a":1}'],
    ['"\\ \n \u0000 \u2028 ü \u{1f4a1}', '"\\ \n \u0000 \u2028 ü \u{1f4a1}'],
    [{ a: [1, "ü", null] }, '{"a":[1,"ü",null]}'],
    [[], "[]"],
    [null, "null"],
    [0, "0"],
    [false, "false"],
  ])("sends a string unchanged and any other value as JSON: %j", (data, text) => {
    expect(textsOf("data", "t", epoch, [dataEvent(1, data)])).toEqual([text]);
  });

  it("sends one frame for each event, in order", () => {
    const frames = framesOf(
      "data",
      "t",
      epoch,
      [1, 2, 3].map((n) => dataEvent(n, n)),
    );
    expect(frames.map(({ body }) => decoder.decode(body))).toEqual(["1", "2", "3"]);
    expect(frames.map(({ events }) => events)).toEqual([1, 1, 1]);
  });
});

describe("the event format", () => {
  it("writes JSON that JSON.parse reads back, even if ids and data hold quotes or non-ASCII characters", () => {
    const topicId = 'room "1"\\ \u2028 ü\u{1f4a1}';
    const events = [
      { ...dataEvent(1, 'say "hi"\n\u{1f4a1}'), publicationId: 'p"\\ü' },
      dataEvent(2, { a: [1, { b: null }], __proto__: undefined }),
      { ...dataEvent(Number.MAX_SAFE_INTEGER, ""), publishedAt: 0 },
    ];
    const [text = "", ...others] = textsOf("event", topicId, epoch, events);
    expect(others).toEqual([]);
    expect(JSON.parse(text)).toEqual({
      type: "EVENTS",
      topicId,
      epoch,
      events: events.map(({ offset, publicationId, publishedAt, json }) => {
        return { offset, publicationId, publishedAt, data: JSON.parse(json) as unknown };
      }),
    });
  });

  it("fills a frame up to the 32 KB that API Gateway meters as one message, with the longest nonce", () => {
    const small = [1, 2].map((n) => dataEvent(n, n));
    const [base = ""] = textsOf("event", "t", epoch, [...small, dataEvent(3, "")]);
    const filledTo = (bytes: number, ...before: StoredEvent[]): number[] => {
      const filler = dataEvent(3, "x".repeat(bytes - ',"nonce":""'.length - 64 - base.length));
      const frames = framesOf("event", "t", epoch, [...before, ...small, filler]);
      const whole = frames.map((frame) => withNonce(frame, "x".repeat(64)));
      return whole.map(({ body }) => body.byteLength).slice(before.length);
    };
    for (const before of [[], [dataEvent(0, "y".repeat(32_500))]]) {
      expect(filledTo(32_767, ...before)).toEqual([32_767]);
      expect(filledTo(32_769, ...before)).toHaveLength(2);
    }
  });

  it("writes the keys in the order that the protocol documents", () => {
    expect(textsOf("event", "t", epoch, [storedEvent(1), storedEvent(2)])).toEqual([
      `{"type":"EVENTS","topicId":"t","epoch":"${epoch}","events":[` +
        '{"offset":1,"publicationId":"publication-1","publishedAt":1700000000000,"data":{"n":1}},' +
        '{"offset":2,"publicationId":"publication-2","publishedAt":1700000000000,"data":{"n":2}}]}',
    ]);
  });

  it("adds a connection's nonce at the end, to the same bytes for all connections", () => {
    const [frame] = framesOf("event", "t", epoch, [dataEvent(1, "]}ü"), dataEvent(2, 2)]);
    if (!frame) throw new Error("no frame");
    const whole = decoder.decode(withNonce(frame, "1-2-3-4").body);
    expect(JSON.parse(whole)).toEqual({ ...JSON.parse(decoder.decode(frame.body)), nonce: "1-2-3-4" });
    expect(decoder.decode(withoutEnd(frame).body) + nonceTail("1-2-3-4")).toBe(whole);
    expect([withNonce(frame, "1-2-3-4").events, withoutEnd(frame).events]).toEqual([2, 2]);
  });

  it("returns no frames for no events", () => {
    expect(framesOf("event", "t", epoch, [])).toEqual([]);
  });

  it.each([1, 100, 900, 5_000, 16_000, 20_000, 40_000])(
    "packs events of %d bytes into as few frames as possible, in order, and joins no more than 32 KB",
    (bytes) => {
      const events = Array.from({ length: 40 }, (_, n) => dataEvent(n + 1, "ü".repeat(bytes / 2)));
      const frames = framesOf("event", "t", epoch, events);
      const offsets = frames.flatMap(({ body, events: count }) => {
        const { events: some } = JSON.parse(decoder.decode(body)) as { events: { offset: number }[] };
        expect(some).toHaveLength(count);
        if (count > 1) expect(body.byteLength).toBeLessThanOrEqual(32_768);
        return some.map(({ offset }) => offset);
      });
      expect(offsets).toEqual(events.map(({ offset }) => offset));
      frames.slice(1).forEach(({ body }, index) => {
        const before = frames[index]?.body.byteLength ?? 0;
        expect(before + body.byteLength / (frames[index + 1]?.events ?? 1)).toBeGreaterThan(32_768 - 200);
      });
    },
  );

  it("sends an event of more than 32 KB alone, and the events before and after it together", () => {
    const events = [
      dataEvent(1, 1),
      dataEvent(2, 2),
      dataEvent(3, "x".repeat(130_000)),
      dataEvent(4, 4),
      dataEvent(5, 5),
    ];
    const frames = framesOf("event", "t", epoch, events);
    expect(frames.map((frame) => frame.events)).toEqual([2, 1, 2]);
    expect(Math.max(...frames.map(({ body }) => body.byteLength))).toBeLessThanOrEqual(131_072);
  });
});
