import { describe, expect, it } from "vitest";
import { PubsubError } from "../../../packages/pubsub/src/core/errors.ts";
import { type HttpRequestOptions, type HttpSetUp, setUpHttp } from "../../support/http-requests.ts";

const PATH = "/topics/room-1/events";
const SECRET = "secret-payload-7";

const post = (http: HttpSetUp, body: unknown, options: HttpRequestOptions = {}) =>
  http.request("POST", PATH, { body, ...options });

describe("POST /topics/{id}/events with one event", () => {
  it("publishes it, queues its fan-out and returns its position", async () => {
    const http = setUpHttp();
    const response = await post(http, { data: { text: "hi" }, publicationId: "p1" });
    expect(response).toMatchObject({
      status: 200,
      headers: { "content-type": "application/json", "cache-control": "no-store" },
      body: { topicId: "room-1", publicationId: "p1", offset: 1, duplicate: false },
    });
    expect(http.log.dump("room-1")).toMatchObject([
      { offset: 1, publicationId: "p1", json: '{"text":"hi"}' },
    ]);
    expect(http.queue.receive(10, 1_000)).toHaveLength(1);
  });

  it("returns the first position for a publication id that was published before", async () => {
    const http = setUpHttp();
    const body = { data: 1, publicationId: "p1" };
    const first = await post(http, body);
    const second = await post(http, body);
    expect(second.body).toEqual({ ...first.body, duplicate: true });
    expect(http.log.dump("room-1")).toHaveLength(1);
  });

  it.each([
    ["null", null],
    ["false", false],
    ["a string", "hi"],
    ["a list", [1]],
  ])("publishes %s", async (_, data) => {
    const http = setUpHttp();
    expect((await post(http, { data })).status).toBe(200);
    expect(http.log.dump("room-1")).toMatchObject([{ json: JSON.stringify(data) }]);
  });

  it("decodes a body that AWS encoded in base64", async () => {
    const http = setUpHttp();
    const body = Buffer.from('{"data":"häl"}').toString("base64");
    expect((await post(http, body, { isBase64Encoded: true })).status).toBe(200);
    expect(http.log.dump("room-1")).toMatchObject([{ json: '"häl"' }]);
  });

  it.each([
    ["a table that does not respond", { retryable: true }, 503],
    ["a table that refuses the role", { retryable: false }, 500],
  ])("returns no detail of %s, and logs it", async (_, { retryable }, status) => {
    const error = new PubsubError("STORAGE_FAILED", "arn:aws:iam::1:role/x may not PutItem", { retryable });
    const http = setUpHttp({ log: { append: () => Promise.reject(error) } });
    const response = await post(http, { data: SECRET });
    expect(response).toMatchObject({ status, body: { error: { code: "STORAGE_FAILED", retryable } } });
    expect(response.headers["retry-after"]).toBe(retryable ? "1" : undefined);
    expect(JSON.stringify(response.body)).not.toContain("arn:");
    expect(http.observed).toContainEqual({ event: "background-failure", stage: "http-publish", error });
    expect(JSON.stringify(http.observed)).not.toContain(SECRET);
  });

  it("returns 503 if the event is in the log and its fan-out could not be queued", async () => {
    const http = setUpHttp({ queue: { send: () => Promise.reject(new Error("no queue")) } });
    const response = await post(http, { data: 1, publicationId: "p1" });
    expect(response).toMatchObject({
      status: 503,
      body: { error: { code: "FANOUT_NOT_QUEUED", retryable: true } },
    });
  });

  it("returns 500 that may pass for an error that nobody knows", async () => {
    const http = setUpHttp({ log: { append: () => Promise.reject(new TypeError("boom")) } });
    const response = await post(http, { data: 1 });
    expect(response).toMatchObject({ status: 500, body: { error: { code: "INTERNAL", retryable: true } } });
    expect(JSON.stringify(response.body)).not.toContain("boom");
  });
});

describe("POST /topics/{id}/events with a list", () => {
  it("publishes the events in their order, and says which was published before", async () => {
    const http = setUpHttp();
    const events = [
      { data: 1, publicationId: "a" },
      { data: 2, publicationId: "b" },
      { data: 3, publicationId: "a" },
    ];
    const { status, body } = await post(http, events);
    expect({ status, failed: body.failed }).toEqual({ status: 200, failed: 0 });
    expect(body.results).toMatchObject([
      { publicationId: "a", offset: 1, duplicate: false },
      { publicationId: "b", offset: 2, duplicate: false },
      { publicationId: "a", offset: 1, duplicate: true },
    ]);
  });

  it("writes the events together, and queues one message for them", async () => {
    const http = setUpHttp();
    await post(http, [{ data: 1 }, { data: 2, publicationId: "b" }, { data: 3 }]);
    expect(http.written).toMatchObject([
      { events: [{ json: "1" }, { json: "2" }, { json: "3" }] },
      [{ delaySeconds: 0 }],
    ]);
  });

  it("keeps the order of 100 events, also if some checks take longer", async () => {
    const http = setUpHttp({
      validate: async ({ data }) => {
        for (let turn = 0; turn < (Number(data) % 7) * 3; turn++) await Promise.resolve();
      },
    });
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    const { body } = await post(
      http,
      numbers.map((data) => ({ data })),
    );
    expect(body.results.map(({ offset }: { offset: number }) => offset)).toEqual(numbers.map((n) => n + 1));
    expect(http.log.dump("room-1").map(({ json }) => Number(json))).toEqual(numbers);
  });

  it("publishes the others if one is too large, has an invalid id, or is refused by the hook", async () => {
    const http = setUpHttp({ validate: ({ data }) => (data === SECRET ? "no secrets" : true) });
    const events = [
      { data: "x".repeat(140_000) },
      { data: 1, publicationId: "" },
      { data: SECRET },
      { data: 4 },
    ];
    const { status, body } = await post(http, events);
    expect({ status, failed: body.failed }).toEqual({ status: 200, failed: 3 });
    expect(body.results).toMatchObject([
      { error: { code: "PAYLOAD_TOO_LARGE", retryable: false } },
      { error: { code: "INVALID_PUBLICATION_ID", retryable: false } },
      { error: { code: "INVALID_DATA", message: "no secrets", retryable: false } },
      { offset: 1 },
    ]);
    expect(http.log.dump("room-1")).toHaveLength(1);
    const refusals = http.observed.filter(({ event }) => event === "request-refused");
    expect(refusals).toHaveLength(3);
    expect(JSON.stringify(refusals)).not.toMatch(/xxx|secret/);
  });

  it("returns 503 if the table failed for every event", async () => {
    const error = new PubsubError("STORAGE_FAILED", "no response", { retryable: true });
    const http = setUpHttp({ log: { append: () => Promise.reject(error) } });
    const response = await post(http, [{ data: 1 }, { data: 2 }]);
    expect(response).toMatchObject({ status: 503, body: { error: { code: "STORAGE_FAILED" } } });
  });

  it.each([
    ["an empty list", [], "an array of 0"],
    ["101 events", Array.from({ length: 101 }, () => ({ data: 1 })), "an array of 101"],
    [
      "an event that is a number",
      [{ data: 1 }, 5],
      "[1] must be { data, publicationId? }; got a value of type number",
    ],
    [
      "an event without data",
      [{ data: 1 }, { publicationId: "p" }],
      "[1] must be { data, publicationId? }; got an",
    ],
    ["a misspelled publicationId", [{ data: 1 }, { data: 2, publicationID: "p" }], 'with "publicationID"'],
    [
      "a publicationId that is a number",
      [{ data: 1, publicationId: 7 }],
      "publicationId of [0] must be a string",
    ],
    ["a list in a list", [[{ data: 1 }]], "[0] must be { data, publicationId? }; got an array"],
  ])("refuses %s as a whole and writes nothing", async (_, events, message) => {
    const http = setUpHttp();
    expect(await post(http, events)).toMatchObject({
      status: 400,
      body: {
        error: { code: "INVALID_ARGUMENT", message: expect.stringContaining(message), retryable: false },
      },
    });
    expect(http.written).toEqual([]);
  });
});

describe("the validate hook of createPublishHandler", () => {
  it("gets the topic and the data", async () => {
    const asked: unknown[] = [];
    const http = setUpHttp({ validate: (request) => void asked.push(request) });
    expect((await post(http, { data: { n: 1 } })).status).toBe(200);
    expect(asked).toEqual([{ topicId: "room-1", data: { n: 1 } }]);
  });

  it("refuses data with its reason, which only the caller gets", async () => {
    const http = setUpHttp({ validate: ({ data }) => `not ${String(data)}` });
    expect(await post(http, { data: SECRET })).toMatchObject({
      status: 400,
      body: { error: { code: "INVALID_DATA", message: `not ${SECRET}` } },
    });
    expect(http.written).toEqual([]);
    expect(JSON.stringify(http.observed)).not.toContain(SECRET);
  });

  it.each([
    ["throws", () => Promise.reject(new Error("database is down"))],
    ["returns false", () => false as never],
  ])("that %s has not decided: 503, and nothing is written", async (_, validate) => {
    const http = setUpHttp({ validate });
    expect(await post(http, { data: 1 })).toMatchObject({
      status: 503,
      headers: { "retry-after": "1" },
      body: { error: { code: "VALIDATE_FAILED", retryable: true } },
    });
    expect(http.written).toEqual([]);
  });
});
