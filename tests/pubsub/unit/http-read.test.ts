import { describe, expect, it } from "vitest";
import { PubsubError } from "../../../packages/pubsub/src/core/errors.ts";
import { type HttpSetUp, setUpHttp } from "../../support/http-requests.ts";

const PATH = "/topics/room-1/events";

async function withEvents(...data: unknown[]): Promise<HttpSetUp> {
  const http = setUpHttp();
  const { status } = await http.request("POST", PATH, { body: data.map((each) => ({ data: each })) });
  expect(status).toBe(200);
  return http;
}

const read = (http: HttpSetUp, query = "") => http.request("GET", PATH, { query });
const dataOf = ({ body }: { body: { events: { data: unknown }[] } }) => body.events.map(({ data }) => data);

describe("GET /topics/{id}/events", () => {
  it.each([
    ["", [1, 2, 3, 4, 5], false],
    ["after=0", [1, 2, 3, 4, 5], false],
    ["after=3", [4, 5], false],
    ["after=5", [], false],
    ["after=9007199254740991", [], false],
    ["limit=2", [1, 2], true],
    ["after=3&limit=2", [4, 5], false],
    ["after=2&limit=2", [3, 4], true],
    ["last=2", [4, 5], false],
    ["last=1000", [1, 2, 3, 4, 5], false],
  ])("returns with %j the events %j of 1 to 5", async (query, data, more) => {
    const response = await read(await withEvents(1, 2, 3, 4, 5), query);
    expect(response.status).toBe(200);
    expect({ data: dataOf(response), more: response.body.more }).toEqual({ data, more });
  });

  it("returns offset, id, time and data of each event, and the epoch", async () => {
    const http = setUpHttp();
    const published = await http.request("POST", PATH, { body: { data: { n: 1 }, publicationId: "p" } });
    const { body } = await read(http);
    expect(body).toEqual({
      topicId: "room-1",
      epoch: published.body.epoch,
      events: [{ offset: 1, publicationId: "p", publishedAt: http.clock.now(), data: { n: 1 } }],
      more: false,
    });
  });

  it("returns an empty page and an epoch for a topic without events", async () => {
    expect((await read(setUpHttp())).body).toMatchObject({
      epoch: expect.any(String),
      events: [],
      more: false,
    });
  });

  it("reads an epoch that is named, and nothing of one that never was", async () => {
    const http = await withEvents(1, 2);
    const { epoch } = (await read(http)).body;
    expect(dataOf(await read(http, `epoch=${epoch}&after=1`))).toEqual([2]);
    expect((await read(http, "epoch=000000001")).body).toMatchObject({
      epoch: "000000001",
      events: [],
      more: false,
    });
  });

  it("ends a page at 1 MB of data, and the next one continues after it", async () => {
    const large = "x".repeat(120_000);
    const http = await withEvents(...Array.from({ length: 20 }, () => large));
    const offsets: number[] = [];
    let pages = 0;
    for (let after = 0, more = true; more; pages++) {
      const response = await read(http, `after=${after}`);
      expect(Buffer.byteLength(JSON.stringify({ body: JSON.stringify(response.body) }))).toBeLessThan(
        3_000_000,
      );
      offsets.push(...response.body.events.map(({ offset }: { offset: number }) => offset));
      after = offsets.at(-1) ?? 0;
      more = response.body.more;
    }
    expect({ pages, offsets }).toEqual({ pages: 3, offsets: Array.from({ length: 20 }, (_, n) => n + 1) });
  });

  it("returns with last only as many of the newest events as have 1 MB", async () => {
    const large = "x".repeat(120_000);
    const response = await read(await withEvents(...Array.from({ length: 20 }, () => large)), "last=20");
    expect(response.body.events.map(({ offset }: { offset: number }) => offset)).toEqual([
      13, 14, 15, 16, 17, 18, 19, 20,
    ]);
  });

  it.each([
    ["after=-1", "after must be a whole number from 0; got"],
    ["after=1.5", "after must be"],
    ["after=", "after must be"],
    ["after=9007199254740992", "after must be"],
    ["limit=0", "limit must be a whole number from 1 to 1000; got"],
    ["limit=1001", "limit must be"],
    ["last=0", "last must be a whole number from 1 to 1000; got"],
    ["last=1e3", "last must be"],
    ["after=1&last=1", "either last, or after and limit; got both"],
    ["limit=1&last=1", "either last, or after and limit; got both"],
    ["after=1&after=2", "after must be given once"],
    ["epoch=x", "epoch must be one that a position has"],
    ["epoch=000000001%23", "epoch must be one"],
    ["since=1", "the query may have after, last, limit, epoch; got another parameter"],
  ])("refuses the query %j", async (query, message) => {
    expect(await read(await withEvents(1), query)).toMatchObject({
      status: 400,
      body: { error: { code: "INVALID_ARGUMENT", message: expect.stringContaining(message) } },
    });
  });

  it("returns 503 if the log cannot be read", async () => {
    const error = new PubsubError("STORAGE_FAILED", "no response", { retryable: true });
    const http = setUpHttp({ log: { tail: () => Promise.reject(error) } });
    expect(await read(http)).toMatchObject({ status: 503, body: { error: { code: "STORAGE_FAILED" } } });
  });
});

describe("GET /topics/{id}/position", () => {
  it("returns the position of the newest event, and offset 0 before the first", async () => {
    const http = setUpHttp();
    const before = await http.request("GET", "/topics/room-1/position");
    expect(before).toMatchObject({ status: 200, body: { topicId: "room-1", offset: 0 } });
    const published = await http.request("POST", PATH, { body: { data: 1 } });
    const { epoch, offset } = published.body;
    const after = await http.request("GET", "/topics/room-1/position");
    expect(after.body).toEqual({ topicId: "room-1", epoch, offset });
    expect(epoch).toBe(before.body.epoch);
  });
});
