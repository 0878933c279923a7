import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeClientFrame } from "../../../packages/pubsub/src/core/protocol.ts";

/** Long enough to be found in any text that contains it, and never part of an error message by chance. */
const SECRET = "S3CR3T".repeat(8);

const tokens = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(SECRET, SECRET.repeat(85), SECRET.repeat(86), [SECRET], { [SECRET]: SECRET }, "", "\ud800"),
  fc.string({ unit: "binary", maxLength: 50 }),
);
const frames = fc.record(
  {
    action: fc.oneof(fc.constantFrom("SUBSCRIBE", "UNSUBSCRIBE", "PING", "PUBLISH"), fc.jsonValue()),
    topicId: fc.oneof(
      fc.constantFrom("room", "", "__proto__"),
      fc.string({ unit: "binary" }),
      fc.jsonValue(),
    ),
    requestId: fc.oneof(fc.constantFrom("r1", ""), fc.jsonValue()),
    format: fc.oneof(fc.constantFrom("data", "event"), fc.jsonValue()),
    since: fc.oneof(fc.constant({ epoch: "0m1c2d3e4", offset: 1 }), fc.jsonValue()),
    positions: fc.jsonValue(),
    data: fc.jsonValue(),
    token: tokens,
  },
  { requiredKeys: ["action", "token"] },
);

it("accepts a frame's token unchanged or rejects the frame, and never repeats the token in an error", () => {
  const property = fc.property(frames, (frame) => {
    const decoded = decodeClientFrame(JSON.stringify(frame));
    const { token } = frame;
    if (!decoded.ok) expect(decoded.message).not.toContain("S3CR3T");
    else if (decoded.frame.action === "SUBSCRIBE" || decoded.frame.action === "PUBLISH") {
      expect(decoded.frame.token).toBe(token);
      expect([typeof token, String(token).length >= 1, String(token).length <= 4_096]).toEqual([
        "string",
        true,
        true,
      ]);
    } else expect(decoded.frame).not.toHaveProperty("token");
  });
  fc.assert(property, { numRuns: 5_000 });
});

it("accepts every JSON value as the data of a PUBLISH, unchanged", () => {
  const property = fc.property(fc.jsonValue({ maxDepth: 5 }), (data) => {
    const decoded = decodeClientFrame(JSON.stringify({ action: "PUBLISH", topicId: "room", data }));
    const frame = { action: "PUBLISH", topicId: "room", data: JSON.parse(JSON.stringify(data)) as unknown };
    expect(decoded).toEqual({ ok: true, frame });
  });
  fc.assert(property, { numRuns: 1_000 });
});

it("accepts every token of 1 to 4,096 characters of any kind", () => {
  const property = fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 1_000 }), (token) => {
    const decoded = decodeClientFrame(JSON.stringify({ action: "SUBSCRIBE", topicId: "room", token }));
    expect(decoded).toMatchObject({ ok: true, frame: { token } });
  });
  fc.assert(property, { numRuns: 2_000 });
});

const nonces = fc.oneof(
  fc.stringMatching(/^[\w.-]{1,70}$/),
  fc.string({ unit: "binary", maxLength: 70 }),
  fc.constantFrom(`${SECRET}"`, `${SECRET}\n`, SECRET, `ü${SECRET}`),
  fc.jsonValue(),
);

it("accepts a nonce unchanged or rejects the frame without quoting it, and accepts only what JSON holds as it is", () => {
  const property = fc.property(nonces, fc.constantFrom("SUBSCRIBE", "PING", "JUMP"), (nonce, action) => {
    const decoded = decodeClientFrame(JSON.stringify({ action, topicId: "room", nonce }));
    const { nonce: kept } = decoded.ok ? decoded.frame : decoded;
    if (decoded.ok) expect(kept).toBe(nonce);
    else expect(decoded.message).not.toContain("S3CR3T");
    if (kept === undefined) return;
    expect(kept).toBe(nonce);
    expect([JSON.stringify(kept), Buffer.byteLength(kept)]).toEqual([`"${kept}"`, kept.length]);
    expect(kept.length >= 7 && kept.length <= 64).toBe(true);
  });
  fc.assert(property, { numRuns: 5_000 });
});
