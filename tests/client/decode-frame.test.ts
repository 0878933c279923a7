import fc from "fast-check";
import { expect, it } from "vitest";
import { decodeFrame } from "../../packages/client/src/decode-frame.ts";

const nonce = "1-2-3-4";
const event = { offset: 1, publicationId: "p", publishedAt: 1, data: null };
const position = { epoch: "a", offset: 0, recovered: true };
const frames = [
  { type: "EVENTS", topicId: "t", epoch: "a", events: [event] },
  { type: "SUBSCRIBED", requestId: "1", topicId: "t", ...position },
  { type: "UNSUBSCRIBED", requestId: "1", topicId: "t" },
  { type: "PONG", requestId: "1" },
  { type: "PONG", requestId: "1", positions: { t: position, u: { subscribed: false } } },
  { type: "ERROR", code: "INTERNAL", message: "m" },
].map((frame) => ({ ...frame, nonce }));

it.each(frames.map((frame) => [JSON.stringify(frame)]))("decodes %s", (text) => {
  expect(decodeFrame(text, nonce)).toEqual(JSON.parse(text));
});

const broken = [
  "",
  "{",
  "null",
  "[]",
  '"EVENTS"',
  "{}",
  '{"type":"constructor"}',
  '{"type":"__proto__"}',
  '{"type":["EVENTS"],"topicId":"t","epoch":"a"}',
  // These have no text form: the decoder threw inside the socket's message event
  '{"type":{"toString":1}}',
  '{"type":{"toString":null,"valueOf":null}}',
  '{"message":"Internal server error","requestId":"r"}',
  '{"type":"OTHER","message":"Internal server error","connectionId":"c=","requestId":"r"}',
  '{"type":"EVENTS","topicId":"t","epoch":"a","events":{}}',
  '{"type":"EVENTS","topicId":"t","epoch":"a","events":[null]}',
  '{"type":"EVENTS","topicId":"t","epoch":"a","events":[{"offset":1.5,"publicationId":"p","publishedAt":1}]}',
  '{"type":"EVENTS","topicId":"t","epoch":"a","events":[{"offset":1,"publicationId":2,"publishedAt":1}]}',
  '{"type":"SUBSCRIBED","requestId":"1","topicId":"t","epoch":"a","offset":-1,"recovered":true}',
  '{"type":"SUBSCRIBED","requestId":"1","topicId":"t","epoch":"a","offset":1}',
  '{"type":"PONG","requestId":"1","positions":null}',
  '{"type":"PONG","requestId":"1","positions":{"t":{"subscribed":true}}}',
  '{"type":"ERROR","code":7,"message":"m"}',
];

it.each(broken.map((text) => [text]))("returns a text for the invalid frame %s", (text) => {
  const withNonce = text.replace(/^\{(?=")/, `{"nonce":"${nonce}",`);
  expect(decodeFrame(withNonce, nonce)).toBeTypeOf("string");
});

it.each(frames)("returns a text for a $type without the nonce, or with another one", (frame) => {
  for (const other of [undefined, null, "", "1-2-3-5", "1-2-3-4 ", ["1-2-3-4"], 1234]) {
    const text = JSON.stringify({ ...frame, nonce: other });
    expect(decodeFrame(text, nonce)).toBe("a value (string) that is not a frame of this connection");
  }
});

it("returns a text for a value that is not a string", () => {
  const expected = "a value (object) that is not a frame of this connection";
  expect(decodeFrame(new Uint8Array(3), nonce)).toBe(expected);
});

it("never throws for any value and accepts only valid frames", () => {
  const values = fc.oneof(
    fc.anything(),
    fc.json(),
    fc
      .tuple(fc.constantFrom(...frames), fc.string(), fc.jsonValue())
      .map(([frame, key, value]) => JSON.stringify({ ...frame, [key]: value })),
  );
  fc.assert(
    fc.property(values, (value) => {
      const frame = decodeFrame(value, nonce);
      if (typeof frame !== "string") expect(frames.map(({ type }) => type)).toContain(frame.type);
    }),
    { numRuns: 2_000 },
  );
});
