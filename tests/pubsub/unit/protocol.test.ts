import { describe, expect, it } from "vitest";
import { decodeClientFrame } from "../../../packages/pubsub/src/core/protocol.ts";

const epoch = "0m1c2d3e4";
const requestId = "r1";
const decode = (frame: unknown): ReturnType<typeof decodeClientFrame> =>
  decodeClientFrame(JSON.stringify(frame));

describe("a valid frame", () => {
  it.each<[unknown, unknown]>([
    [
      { action: "SUBSCRIBE", topicId: "room" },
      { action: "SUBSCRIBE", topicId: "room", format: "data" },
    ],
    [
      { action: "SUBSCRIBE", topicId: "room", requestId, format: "event", since: { epoch, offset: 0 } },
      { action: "SUBSCRIBE", topicId: "room", requestId, format: "event", since: { epoch, offset: 0 } },
    ],
    [
      { action: "SUBSCRIBE", topicId: "room", token: "x" },
      { action: "SUBSCRIBE", topicId: "room", format: "data", token: "x" },
    ],
    [
      { action: "SUBSCRIBE", topicId: "room", token: "x".repeat(4_096), since: { epoch, offset: 1 } },
      {
        action: "SUBSCRIBE",
        topicId: "room",
        format: "data",
        token: "x".repeat(4_096),
        since: { epoch, offset: 1 },
      },
    ],
    [
      { action: "SUBSCRIBE", topicId: "room", last: 1_000, latest: true },
      { action: "SUBSCRIBE", topicId: "room", format: "data", last: 1_000, latest: true },
    ],
    [
      { action: "UNSUBSCRIBE", topicId: "__proto__", requestId },
      { action: "UNSUBSCRIBE", topicId: "__proto__", requestId },
    ],
    [{ action: "PING" }, { action: "PING", positions: new Map() }],
    ...[null, false, "", [[]], { toJSON: 1 }].map((data): [unknown, unknown] => [
      { action: "PUBLISH", topicId: "room", data },
      { action: "PUBLISH", topicId: "room", data },
    ]),
    [
      {
        action: "PUBLISH",
        requestId,
        topicId: "room",
        data: 1,
        publicationId: "p",
        token: "x".repeat(4_096),
      },
      {
        action: "PUBLISH",
        requestId,
        topicId: "room",
        data: 1,
        publicationId: "p",
        token: "x".repeat(4_096),
      },
    ],
    [
      { action: "PING", requestId, positions: { room: { epoch, offset: 7 } } },
      { action: "PING", requestId, positions: new Map([["room", { epoch, offset: 7 }]]) },
    ],
  ])("is decoded: %j", (frame, expected) => {
    expect(decode(frame)).toEqual({ ok: true, frame: expected });
  });

  it.each(["SUBSCRIBE", "UNSUBSCRIBE", "PING", "PUBLISH"])("is decoded with its nonce: %s", (action) => {
    for (const nonce of ["1-2-3-4", "aZ09._-", "x".repeat(64)]) {
      expect(decode({ action, topicId: "room", nonce, data: 1 })).toMatchObject({
        ok: true,
        frame: { action, nonce },
      });
    }
  });

  it("is decoded if it has keys that the protocol does not define", () => {
    expect(decode({ action: "PING", requestId, sentAt: 5, constructor: { prototype: 1 } })).toMatchObject({
      ok: true,
      frame: { action: "PING", requestId },
    });
  });

  it("is decoded if its positions name a topic __proto__", () => {
    const text = `{"action":"PING","positions":{"__proto__":{"epoch":"${epoch}","offset":1}}}`;
    const decoded = decodeClientFrame(text);
    const positions = decoded.ok && decoded.frame.action === "PING" ? [...decoded.frame.positions] : [];
    expect(positions).toEqual([["__proto__", { epoch, offset: 1 }]]);
  });

  it("is decoded if its positions name a hundred topics", () => {
    const hundred = Array.from({ length: 100 }, (_, n) => [`topic ${n}`, { epoch, offset: n }]);
    expect(decode({ action: "PING", positions: Object.fromEntries(hundred) })).toMatchObject({ ok: true });
  });

  it("is decoded at 32 KB with a topic of 512 bytes", () => {
    const frame = { action: "SUBSCRIBE", topicId: "ü".repeat(256), requestId: "x".repeat(128), pad: "" };
    const pad = "y".repeat(32_768 - Buffer.byteLength(JSON.stringify(frame)));
    expect(Buffer.byteLength(JSON.stringify({ ...frame, pad }))).toBe(32_768);
    expect(decode({ ...frame, pad })).toMatchObject({ ok: true });
  });
});

describe("a frame with an invalid nonce", () => {
  it.each<[unknown, string]>([
    ["S3CRET", "a string of 6"],
    ["S".repeat(65), "a string of 65"],
    ['S3CRET-1"}', "a string of 10"],
    ["S3CRET ü", "a string of 8"],
    ["S3CRET-1\n", "a string of 9"],
    [1_234_567, "a value of type number"],
    [["1-2-3-4"], "a value of type object"],
    [null, "a value of type object"],
  ])("is rejected without repeating it: %j", (nonce, got) => {
    const message = `nonce must be 7 to 64 of A-Z, a-z, 0-9, ".", "_" and "-"; got ${got}`;
    expect(decode({ action: "PING", requestId, nonce })).toEqual({
      ok: false,
      code: "INVALID_FRAME",
      message,
      requestId,
    });
  });

  it.each<[string, object]>([
    ["its action", { action: "JUMP" }],
    ["its topic", { action: "SUBSCRIBE", topicId: "" }],
    ["its request id", { action: "PING", requestId: 5 }],
  ])("keeps a valid nonce if it is rejected because of %s", (_, frame) => {
    expect(decode({ ...frame, nonce: "1-2-3-4" })).toMatchObject({ ok: false, nonce: "1-2-3-4" });
  });
});

describe("a frame that is not an object", () => {
  it.each<[string, string]>([
    ["", "a frame is a JSON object; got 0 characters that are not JSON"],
    ["hello", "a frame is a JSON object; got 5 characters that are not JSON"],
    ['{"action":"PING"', "a frame is a JSON object; got 16 characters that are not JSON"],
    ["null", "a frame is a JSON object; got null"],
    ["[]", "a frame is a JSON object; got an array of 0"],
    ['[{"action":"PING"}]', "a frame is a JSON object; got an array of 1"],
    ['"PING"', 'a frame is a JSON object; got "PING" (string of 4)'],
    ["5", "a frame is a JSON object; got 5 (number)"],
    ['{"__proto__":{"action":"PING"}}', "a frame is a JSON object; got an object with the key __proto__"],
    ['{"action":"PING","__proto__":null}', "a frame is a JSON object; got an object with the key __proto__"],
  ])("is rejected without a request id: %s", (text, message) => {
    expect(decodeClientFrame(text)).toEqual({ ok: false, code: "INVALID_FRAME", message });
  });

  it.each([
    ["in characters", "x".repeat(32_769), 32_769],
    ["in bytes only", "ü".repeat(16_385), 32_770],
    ["by far", "x".repeat(10_000_000), 10_000_000],
  ])("is rejected before it is parsed if it is too large %s", (_, text, bytes) => {
    const message = `a frame is at most 32768 bytes; got ${bytes}`;
    expect(decodeClientFrame(text)).toEqual({ ok: false, code: "INVALID_FRAME", message });
  });

  it("is rejected without a crash if it is nested as deep as its size allows", () => {
    expect(decodeClientFrame("[".repeat(32_768))).toMatchObject({ ok: false, code: "INVALID_FRAME" });
    const deep = `{"action":"PING","positions":${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}}`;
    expect(decodeClientFrame(deep)).toMatchObject({ ok: false, code: "INVALID_FRAME" });
  });
});

describe("a request id", () => {
  it.each([0, 1, true, null, {}, [], "", "x".repeat(129), "\ud800"])(
    "is rejected and not returned if it is %j",
    (id) => {
      const decoded = decode({ action: "PING", requestId: id });
      expect(decoded).toMatchObject({ ok: false, code: "INVALID_FRAME" });
      expect(decoded).not.toHaveProperty("requestId");
      expect(decoded.ok ? "" : decoded.message).toMatch(
        /^requestId must be a string of 1 to 128 characters; got /,
      );
    },
  );

  it.each(["a", "x".repeat(128), "\u0000", "__proto__", "\u{1f4a1}"])(
    "is returned with an error if it is %j",
    (id) => {
      expect(decode({ action: "SING", requestId: id })).toMatchObject({ ok: false, requestId: id });
    },
  );
});

describe("an invalid field", () => {
  const ping = (positions: unknown): unknown => ({ action: "PING", requestId, positions });
  const subscribe = (fields: object): unknown => ({
    action: "SUBSCRIBE",
    requestId,
    topicId: "t",
    ...fields,
  });
  const publish = (fields: object): unknown => ({
    action: "PUBLISH",
    requestId,
    topicId: "t",
    data: 1,
    ...fields,
  });
  const manyPositions = Object.fromEntries(
    Array.from({ length: 101 }, (_, n) => [`t${n}`, { epoch, offset: 1 }]),
  );

  it.each<[unknown, string, string]>([
    [{ requestId }, "INVALID_FRAME", "action must be SUBSCRIBE, UNSUBSCRIBE, PING or PUBLISH; got undefined"],
    [{ requestId, action: "subscribe" }, "INVALID_FRAME", 'got "subscribe" (string of 9)'],
    [{ requestId, action: ["PING"] }, "INVALID_FRAME", "got an array of 1"],
    [{ requestId, action: "toString" }, "INVALID_FRAME", 'got "toString"'],
    [{ requestId, action: "SUBSCRIBE" }, "INVALID_TOPIC_ID", "topicId must be a string; got undefined"],
    [{ requestId, action: "UNSUBSCRIBE", topicId: 5 }, "INVALID_TOPIC_ID", "topicId must be a string; got 5"],
    [subscribe({ topicId: "" }), "INVALID_TOPIC_ID", "topicId must be 1 to 512 bytes of UTF-8; got 0"],
    [subscribe({ topicId: "x".repeat(513) }), "INVALID_TOPIC_ID", "got 513"],
    [subscribe({ topicId: `${"\u{1f4a1}".repeat(128)}x` }), "INVALID_TOPIC_ID", "got 513"],
    [subscribe({ topicId: "\ud83d" }), "INVALID_TOPIC_ID", "lone surrogate"],
    [subscribe({ topicId: "a\u0001b" }), "INVALID_TOPIC_ID", "must not contain control characters"],
    [subscribe({ topicId: null }), "INVALID_TOPIC_ID", "topicId must be a string; got null"],
    [subscribe({ topicId: "$user/7" }), "INVALID_TOPIC_ID", "must not begin with $user/, which is reserved"],
    [subscribe({ topicId: "$members/room" }), "INVALID_TOPIC_ID", "must not begin with $members/"],
    [
      { requestId, action: "SUBSCRIBE", user: false },
      "INVALID_FRAME",
      "user must be true; got false (boolean)",
    ],
    [
      { requestId, action: "SUBSCRIBE", user: "7" },
      "INVALID_FRAME",
      'user must be true; got "7" (string of 1)',
    ],
    [subscribe({ user: true }), "INVALID_FRAME", "user cannot be combined with topicId"],
    [
      { requestId, action: "SUBSCRIBE", user: true, token: "t" },
      "INVALID_FRAME",
      "user cannot be combined with token",
    ],
    [
      { requestId, action: "SUBSCRIBE", user: true, last: 0 },
      "INVALID_FRAME",
      "last must be a whole number from 1 to 1000",
    ],
    [subscribe({ topicId: "$user/" }), "INVALID_TOPIC_ID", "topicId after $user/ must be 1 to 512 bytes"],
    [publish({ topicId: "$user/7" }), "INVALID_TOPIC_ID", "must not begin with $user/, which is reserved"],
    [publish({ topicId: "$members/room" }), "INVALID_TOPIC_ID", "must not begin with $members/"],
    [
      ping({ "$user/": { epoch, offset: 1 } }),
      "INVALID_FRAME",
      "a topicId of positions after $user/ must be",
    ],
    [subscribe({ format: "xml" }), "INVALID_FRAME", 'format must be "data" or "event"; got "xml"'],
    [subscribe({ format: null }), "INVALID_FRAME", 'format must be "data" or "event"; got null'],
    [subscribe({ since: "now" }), "INVALID_FRAME", 'since must be { epoch, offset }; got "now"'],
    [subscribe({ since: null }), "INVALID_FRAME", "since must be { epoch, offset }; got null"],
    [subscribe({ since: [] }), "INVALID_FRAME", "since must be { epoch, offset }; got an array of 0"],
    [
      subscribe({ since: { epoch: 5, offset: 1 } }),
      "INVALID_FRAME",
      "epoch of since must be a string; got 5",
    ],
    [
      subscribe({ since: { epoch, offset: -1 } }),
      "INVALID_FRAME",
      "offset of since must be a whole number from 0",
    ],
    [subscribe({ since: { epoch, offset: 1.5 } }), "INVALID_FRAME", "got 1.5 (number)"],
    [subscribe({ since: { epoch, offset: "1" } }), "INVALID_FRAME", 'got "1" (string of 1)'],
    [subscribe({ since: { epoch, offset: 2 ** 53 } }), "INVALID_FRAME", "got 9007199254740992 (number)"],
    [subscribe({ since: { offset: 1 } }), "INVALID_FRAME", "epoch of since must be a string; got undefined"],
    [
      subscribe({ token: "" }),
      "INVALID_FRAME",
      "token must be a string of 1 to 4096 characters; got a string of 0",
    ],
    [subscribe({ token: "x".repeat(4_097) }), "INVALID_FRAME", "got a string of 4097"],
    [subscribe({ token: null }), "INVALID_FRAME", "got a value of type object"],
    [subscribe({ token: ["x"] }), "INVALID_FRAME", "got a value of type object"],
    [subscribe({ token: 5 }), "INVALID_FRAME", "got a value of type number"],
    [subscribe({ last: 0 }), "INVALID_FRAME", "last must be a whole number from 1 to 1000; got 0 (number)"],
    [subscribe({ last: 1_001 }), "INVALID_FRAME", "got 1001 (number)"],
    [subscribe({ last: 1.5 }), "INVALID_FRAME", "got 1.5 (number)"],
    [subscribe({ last: "50" }), "INVALID_FRAME", 'got "50" (string of 2)'],
    [subscribe({ last: null }), "INVALID_FRAME", "got null"],
    [subscribe({ latest: false }), "INVALID_FRAME", "latest must be true; got false (boolean)"],
    [subscribe({ latest: null }), "INVALID_FRAME", "latest must be true; got null"],
    [publish({ data: undefined }), "INVALID_FRAME", "data must be a JSON value; got none"],
    [publish({ topicId: "" }), "INVALID_TOPIC_ID", "topicId must be 1 to 512 bytes of UTF-8; got 0"],
    [publish({ token: "" }), "INVALID_FRAME", "token must be a string of 1 to 4096 characters"],
    [publish({ publicationId: "" }), "INVALID_PUBLICATION_ID", "publicationId must be 1 to 512 bytes"],
    [publish({ publicationId: 5 }), "INVALID_PUBLICATION_ID", "publicationId must be a string; got 5"],
    [publish({ publicationId: null }), "INVALID_PUBLICATION_ID", "publicationId must be a string; got null"],
    [publish({ publicationId: "a\u0000" }), "INVALID_PUBLICATION_ID", "must not contain control characters"],
    [publish({ publicationId: "x".repeat(513) }), "INVALID_PUBLICATION_ID", "got 513"],
    [ping([]), "INVALID_FRAME", "positions must be an object of topicId to position; got an array of 0"],
    [ping("all"), "INVALID_FRAME", 'got "all"'],
    [ping(null), "INVALID_FRAME", "got null"],
    [ping(manyPositions), "INVALID_FRAME", "positions names at most 100 topics; got 101"],
    [ping({ room: 5 }), "INVALID_FRAME", "a position must be { epoch, offset }; got 5"],
    [ping({ "": { epoch, offset: 1 } }), "INVALID_FRAME", "a topicId of positions must be 1 to 512 bytes"],
    [
      ping({ room: { epoch, offset: null } }),
      "INVALID_FRAME",
      "offset of a position must be a whole number from 0",
    ],
  ])("is rejected with its name and the request id: %j", (frame, code, message) => {
    const decoded = decode(frame);
    expect(decoded).toMatchObject({ ok: false, code, requestId });
    expect(decoded.ok ? "" : decoded.message).toContain(message);
  });

  it("may ask for the topic of the connection's own user, without its name", () => {
    const since = { epoch, offset: 3 };
    expect(decode({ action: "SUBSCRIBE", user: true, format: "event", since, latest: true })).toEqual({
      ok: true,
      frame: { action: "SUBSCRIBE", user: true, format: "event", since, latest: true },
    });
  });

  it.each(["$user/7", "$members/room", `$user/${"x".repeat(512)}`])(
    "may name the reserved topic %s in an UNSUBSCRIBE and in the positions of a PING",
    (topicId) => {
      expect(decode({ action: "UNSUBSCRIBE", topicId })).toMatchObject({ ok: true, frame: { topicId } });
      const position = { epoch, offset: 1 };
      expect(decode(ping({ [topicId]: position }))).toMatchObject({
        ok: true,
        frame: { positions: new Map([[topicId, position]]) },
      });
    },
  );

  it.each([
    `{"action":"PING","requestId":"r1","positions":{"room":{"__proto__":{"epoch":"${epoch}","offset":1}}}}`,
    `{"action":"SUBSCRIBE","requestId":"r1","topicId":"t","since":{"__proto__":{"epoch":"${epoch}","offset":1}}}`,
  ])("is rejected if only a __proto__ would supply it: %s", (text) => {
    expect(decodeClientFrame(text)).toMatchObject({ ok: false, code: "INVALID_FRAME", requestId });
  });

  it("is described in fewer than 200 characters if it has 30,000", () => {
    const decoded = decode({ action: "x".repeat(30_000), requestId });
    expect(decoded.ok ? "" : decoded.message.length).toBeLessThan(200);
  });
});
