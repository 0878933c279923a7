import { describe, expect, it } from "vitest";
import { HTTP_API_HOST, type HttpRequestOptions, setUpHttp } from "../../support/http-requests.ts";

const body = { data: 1 };

describe("a path", () => {
  it.each<[string, string, string, HttpRequestOptions?]>([
    ["a plain id", "/topics/room-1/events", "room-1"],
    ["an encoded slash", "/topics/a%2Fb/events", "a/b"],
    ["a slash that something in between has decoded", "/topics/a/b/events", "a/b"],
    ["an id that is a resource's name", "/topics/events/events", "events"],
    ["an id with a percent sign", "/topics/50%25/events", "50%"],
    ["an id that looks encoded", "/topics/50%2525/events", "50%25"],
    ["letters beyond ASCII", "/topics/caf%C3%A9/events", "café"],
    ["a plus sign", "/topics/a+b/events", "a+b"],
    ["__proto__", "/topics/__proto__/events", "__proto__"],
    ["the decoded path of an HTTP API", "/topics/50%25/events", "50%25", { domainName: HTTP_API_HOST }],
    ["a stage in front", "/prod/topics/r/events", "r", { domainName: HTTP_API_HOST, stage: "prod" }],
    ["no stage in front", "/topics/r/events", "r", { domainName: HTTP_API_HOST, stage: "prod" }],
  ])("with %s names the topic", async (_, path, topicId, options) => {
    const http = setUpHttp();
    expect((await http.request("POST", path, { body, ...options })).body).toMatchObject({
      topicId,
      offset: 1,
    });
  });

  it("begins after the basePath", async () => {
    const http = setUpHttp({ basePath: "/v1" });
    expect((await http.request("POST", "/v1/topics/r/events", { body })).status).toBe(200);
    expect((await http.request("POST", "/topics/r/events", { body })).status).toBe(404);
    expect((await http.request("POST", "/v1topics/r/events", { body })).status).toBe(404);
  });

  it.each([
    "/",
    "",
    "/topics",
    "/topics/r",
    "/topics/r/",
    "/topics//events",
    "/topics/r/events/",
    "/topics/r/subscribers",
    "/TOPICS/r/events",
    "/x/topics/r/events",
  ])("%j is not found, and nothing is written", async (path) => {
    const http = setUpHttp();
    expect(await http.request("POST", path, { body })).toMatchObject({
      status: 404,
      body: {
        error: { code: "NOT_FOUND", message: expect.stringContaining("POST and GET /topics/{id}/events") },
      },
    });
    expect(http.written).toEqual([]);
  });

  it.each([
    ["malformed encoding", "/topics/%E0%A4%A/events"],
    ["bytes that are not UTF-8", "/topics/%FF/events"],
    ["a control character", "/topics/a%00b/events"],
    ["513 bytes", `/topics/${"x".repeat(513)}/events`],
    ["the name of a user's topic", "/topics/%24user%2F7/events"],
    ["the name of a members topic", "/topics/$members/room/events"],
  ])("with %s as its id is refused", async (_, path) => {
    const http = setUpHttp();
    expect(await http.request("POST", path, { body })).toMatchObject({
      status: 400,
      body: { error: { code: "INVALID_TOPIC_ID" } },
    });
    expect(http.written).toEqual([]);
  });
});

describe("a method", () => {
  it.each([
    ["PUT", "/topics/r/events", "POST, GET"],
    ["DELETE", "/topics/r/events", "POST, GET"],
    ["OPTIONS", "/topics/r/events", "POST, GET"],
    ["HEAD", "/topics/r/events", "POST, GET"],
    ["post", "/topics/r/events", "POST, GET"],
    ["POST", "/topics/r/position", "GET"],
  ])("%s of %s is refused with the methods that there are", async (method, path, allow) => {
    const http = setUpHttp();
    expect(await http.request(method, path, { body })).toMatchObject({
      status: 405,
      headers: { allow },
      body: { error: { code: "METHOD_NOT_ALLOWED", retryable: false } },
    });
    expect(http.written).toEqual([]);
  });
});

describe("a body", () => {
  it.each([
    ["application/json", 200],
    ["Application/JSON; charset=UTF-8", 200],
    ['application/json; charset="utf-8"', 200],
    ["application/json; charset=iso-8859-1", 415],
    ["text/plain", 415],
    ["application/x-www-form-urlencoded", 415],
    ["multipart/form-data; boundary=x", 415],
    ["application/jsonp", 415],
    ["", 415],
  ])("with the content-type %j gets %d", async (type, status) => {
    const http = setUpHttp();
    const response = await http.request("POST", "/topics/r/events", {
      body,
      headers: { "content-type": type },
    });
    expect(response.status).toBe(status);
    expect(http.written.length > 0).toBe(status === 200);
  });

  it("that is compressed is refused", async () => {
    const headers = { "content-encoding": "gzip" };
    expect(await setUpHttp().request("POST", "/topics/r/events", { body, headers })).toMatchObject({
      status: 415,
    });
  });

  it.each([
    ["nothing", ""],
    ["no JSON", "hello"],
    ["cut JSON", '{"data":'],
    ["two values", '{"data":1}{"data":2}'],
    ["a number", "5"],
    ["null", "null"],
    ["a string", '"data"'],
    ["an object without data", "{}"],
    ["data only in its prototype", '{"__proto__":{"data":1}}'],
    ["another field", '{"data":1,"topicId":"other"}'],
  ])("of %s is refused, and nothing is written", async (_, text) => {
    const http = setUpHttp();
    const response = await http.request("POST", "/topics/r/events", { body: text });
    expect(response).toMatchObject({ status: 400, body: { error: { code: "INVALID_ARGUMENT" } } });
    expect(response.body.error.message).toMatch(/ must be .*; got /);
    expect(http.written).toEqual([]);
  });

  it.each([
    ["bytes that are not UTF-8", Buffer.from([0x7b, 0xff]).toString("base64")],
    ["no base64", "!!!"],
  ])("of %s is refused", async (_, text) => {
    const options = { body: text, isBase64Encoded: true };
    expect((await setUpHttp().request("POST", "/topics/r/events", options)).status).toBe(400);
  });

  it("of a single event over 128 KB is too large", async () => {
    const http = setUpHttp();
    const response = await http.request("POST", "/topics/r/events", { body: { data: "x".repeat(131_073) } });
    expect(response).toMatchObject({
      status: 413,
      body: { error: { code: "PAYLOAD_TOO_LARGE", retryable: false } },
    });
    expect(http.written).toEqual([]);
  });

  it("nested so deep that JSON cannot be written again is refused", async () => {
    const http = setUpHttp();
    const depth = 200_000;
    const text = `{"data":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    expect((await http.request("POST", "/topics/r/events", { body: text })).status).toBe(400);
    expect(http.written).toEqual([]);
  });
});

describe("a query", () => {
  it.each([
    ["POST", "/topics/r/events"],
    ["GET", "/topics/r/position"],
  ])("of %s %s is refused without repeating it, because it may be a token", async (method, path) => {
    const http = setUpHttp();
    const options = { query: "token=secret-7", ...(method === "POST" && { body }) };
    const response = await http.request(method, path, options);
    expect(response.status).toBe(400);
    expect(JSON.stringify([response, http.observed])).not.toContain("secret-7");
    expect(http.written).toEqual([]);
  });
});
