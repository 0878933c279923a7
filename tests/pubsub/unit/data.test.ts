import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { framesOf, withNonce } from "../../../packages/pubsub/src/core/frames.ts";
import { assertPostable, encodeData } from "../../../packages/pubsub/src/core/publish/data.ts";

const epoch = "0m1c2d3e4";

describe("encodeData", () => {
  it.each<[unknown, string, boolean]>([
    ["text", '"text"', true],
    ["", '""', true],
    [{ a: 1, b: undefined }, '{"a":1}', false],
    [null, "null", false],
    [0, "0", false],
    [new Date(0), '"1970-01-01T00:00:00.000Z"', false],
    [[undefined, Number.NaN], "[null,null]", false],
  ])("encodes data as JSON text: %j", (data, json, verbatim) => {
    expect(encodeData(data)).toEqual({ json, verbatim });
  });

  // Bytes used to be posted as JSON of numbers: {"type":"Buffer","data":[104,105]}, {"0":104,"1":105}
  it.each<[string, Uint8Array, string]>([
    ["a Buffer", Buffer.from("hi \u00fc \u{1f4a1}"), "hi \u00fc \u{1f4a1}"],
    ["a Uint8Array", new TextEncoder().encode('{"a":"\u20ac"}'), '{"a":"\u20ac"}'],
    ["a part of a larger buffer", Buffer.from("a part of it").subarray(2, 6), "part"],
    ["no bytes", new Uint8Array(0), ""],
    ["a byte order mark", Buffer.from("\ufeffhi"), "\ufeffhi"],
    ["bytes of another realm", runInNewContext("new Uint8Array([104, 105])") as Uint8Array, "hi"],
    ["shared memory", new Uint8Array(new SharedArrayBuffer(2)).fill(104), "hh"],
  ])("encodes %s as the text that the bytes contain", (_, data, text) => {
    expect(encodeData(data)).toEqual({ json: JSON.stringify(text), verbatim: true });
  });

  it("posts exactly the given bytes", () => {
    const property = fc.property(fc.string({ unit: "binary" }), (text) => {
      const bytes = Buffer.from(text);
      const event = { offset: 1, publicationId: "p", publishedAt: 0, ...encodeData(bytes) };
      expect(Buffer.from(framesOf("data", "t", epoch, [event])[0]?.body ?? [])).toEqual(bytes);
    });
    fc.assert(property);
  });

  it.each<[string, number[]]>([
    ["a byte that begins no character", [0x68, 0xff]],
    ["a character that is cut off", [0xe2, 0x82]],
    ["half a surrogate pair", [0xed, 0xa0, 0x80]],
    ["an overlong form", [0xc0, 0x80]],
  ])("rejects bytes with %s as INVALID_DATA", (_, bytes) => {
    for (const data of [Buffer.from(bytes), Uint8Array.from(bytes)]) {
      expect(() => encodeData(data)).toThrow(
        expect.objectContaining({
          code: "INVALID_DATA",
          retryable: false,
          message: `data must be valid UTF-8 if it is a Buffer or Uint8Array (encode other bytes, e.g. as base64); got ${bytes.length} bytes that are not`,
        }),
      );
    }
  });

  it("encodes bytes inside other data, and an object that only calls itself a Uint8Array, as their plain JSON", () => {
    expect(encodeData({ bytes: Buffer.from("h") }).json).toBe('{"bytes":{"type":"Buffer","data":[104]}}');
    expect(encodeData({ [Symbol.toStringTag]: "Uint8Array", a: 1 }).json).toBe('{"a":1}');
  });

  const circular: Record<string, unknown> = {};
  circular.self = circular;
  const throwing = {
    toJSON() {
      throw new RangeError("not today");
    },
  };
  it.each<[string, unknown, string]>([
    ["undefined", undefined, "got undefined"],
    ["a BigInt inside an object", { n: 1n }, "BigInt"],
    ["a circular object", circular, "circular"],
    ["data whose toJSON throws", throwing, "not today"],
    ["data whose toJSON returns undefined", { toJSON: () => undefined }, "got a value of type object"],
  ])("rejects %s as INVALID_DATA", (_, data, message) => {
    expect(() => encodeData(data)).toThrow(
      expect.objectContaining({
        code: "INVALID_DATA",
        retryable: false,
        message: expect.stringMatching(
          new RegExp(`^data must be serialisable as JSON.*${message.replace(/[()]/g, "\\$&")}`, "s"),
        ),
      }),
    );
  });

  it("keeps the error that the data's toJSON threw as the cause", () => {
    const cause = new RangeError("not today");
    const data = {
      toJSON() {
        throw cause;
      },
    };
    expect(() => encodeData(data)).toThrow(expect.objectContaining({ cause }));
  });
});

describe("assertPostable", () => {
  const ids = ["t", epoch, "p"] as const;
  const check = (
    data: unknown,
    [topicId, inEpoch, publicationId]: readonly [string, string, string] = ids,
  ): void => assertPostable(topicId, inEpoch, publicationId, encodeData(data));
  /** Returns the size of the envelope with the longest numbers and the longest nonce, in bytes. */
  const envelope = (topicId: string, publicationId: string): number => {
    const most = Number.MAX_SAFE_INTEGER;
    const event = { offset: most, publicationId, publishedAt: most, json: "0", verbatim: false };
    const [frame] = framesOf("event", topicId, epoch, [event]);
    return frame ? withNonce(frame, "x".repeat(64)).body.byteLength - 1 : 0;
  };

  it.each([
    ["plain ids", "t", "p"],
    ["ids that JSON must escape", '"\\'.repeat(256), '"'.repeat(512)],
    ["ids beyond ASCII", "ü".repeat(256), "\u{1f4a1}".repeat(128)],
  ])("accepts 131,072 bytes as sent and rejects one more: %s", (_, topicId, publicationId) => {
    const room = 131_072 - envelope(topicId, publicationId) - 2;
    const names = [topicId, epoch, publicationId] as const;
    expect(() => check("x".repeat(room), names)).not.toThrow();
    expect(() => check("x".repeat(room + 1), names)).toThrow(
      expect.objectContaining({
        code: "PAYLOAD_TOO_LARGE",
        retryable: false,
        message: "data must take at most 131072 bytes as sent, envelope included; got 131073",
        context: { topicId, publicationId, bytes: 131_073 },
      }),
    );
  });

  it("counts bytes instead of characters, and counts JSON's escapes", () => {
    const room = 131_072 - envelope("t", "p") - 2;
    expect(() => check("ü".repeat(room / 2))).not.toThrow();
    expect(() => check("ü".repeat(Math.floor(room / 2) + 1))).toThrow("at most 131072 bytes");
    expect(() => check("\n".repeat(room / 2))).not.toThrow();
    expect(() => check("\n".repeat(Math.floor(room / 2) + 1))).toThrow("at most 131072 bytes");
  });

  it("counts all three bytes of a three-byte character", () => {
    const room = 131_072 - envelope("t", "p") - 2;
    expect(() => check("\u20ac".repeat(Math.floor(room / 3)))).not.toThrow();
    expect(() => check("\u20ac".repeat(Math.floor(room / 3) + 1))).toThrow("at most 131072 bytes");
  });

  it("keeps the frame of accepted data within the limit at the highest offset", () => {
    const data = encodeData("x".repeat(131_072 - envelope("t", "p") - 2));
    const event = {
      ...data,
      offset: Number.MAX_SAFE_INTEGER,
      publicationId: "p",
      publishedAt: 1_700_000_000_000,
    };
    for (const format of ["data", "event"] as const) {
      const [frame] = framesOf(format, "t", epoch, [event]);
      expect(frame?.body.byteLength).toBeLessThanOrEqual(131_072);
    }
  });
});
