import { describe, expect, it } from "vitest";
import { PubsubError } from "../../../packages/pubsub/src/core/errors.ts";
import { revoke } from "../../../packages/pubsub/src/core/subscriptions/revoke.ts";
import type {
  HttpAuthorize,
  HttpAuthorizeRequest,
} from "../../../packages/pubsub/src/handlers/http/access.ts";
import { createTopicTokenAuthorizer, mintTopicToken } from "../../../packages/pubsub/src/tokens/index.ts";
import { type HttpRequestOptions, type HttpSetUp, SIGNED, setUpHttp } from "../../support/http-requests.ts";

const EVENTS = "/topics/room-1/events";
const secret = "0123456789abcdef0123456789abcdef";
const body = { data: 1 };
const bearer = (token: string): HttpRequestOptions => ({ headers: { authorization: `Bearer ${token}` } });

const post = (http: HttpSetUp, options: HttpRequestOptions = {}) =>
  http.request("POST", EVENTS, {
    authorizer: null,
    body,
    ...options,
    headers: { ...JSON_TYPE, ...options.headers },
  });
const get = (http: HttpSetUp, options: HttpRequestOptions = {}) =>
  http.request("GET", EVENTS, { authorizer: null, ...options });

const JSON_TYPE = { "content-type": "application/json" };

describe('authorize: "iam"', () => {
  it("allows a request whose signature AWS has verified, and logs whose it is", async () => {
    const http = setUpHttp();
    expect((await post(http, { authorizer: SIGNED })).status).toBe(200);
    expect(http.observed).toContainEqual({
      event: "access-allowed",
      action: "PUBLISH",
      topicId: "room-1",
      reason: `the request is signed by ${SIGNED.iam.userArn}`,
    });
  });

  it.each([
    ["no authorizer", null],
    ["an authorizer without iam", {}],
    ["iam that is null", { iam: null }],
    ["iam without a user", { iam: {} }],
    ["iam with an empty user", { iam: { userArn: "" } }],
    ["iam that is text", { iam: "arn:aws:iam::111122223333:user/example" }],
    ["a JWT", { jwt: { claims: { sub: "u" } } }],
    ["a Lambda authorizer's word", { lambda: { iam: SIGNED.iam } }],
    ["an array", [SIGNED]],
  ])("refuses a request with %s, and writes and reads nothing", async (_, authorizer) => {
    const http = setUpHttp({ log: { tail: () => Promise.reject(new Error("it was read")) } });
    for (const response of [await post(http, { authorizer }), await get(http, { authorizer })]) {
      expect(response).toMatchObject({
        status: 403,
        body: { error: { code: "FORBIDDEN", retryable: false } },
      });
    }
    expect(http.written).toEqual([]);
  });

  it("refuses a topic token: IAM is what was chosen", async () => {
    const token = await mintTopicToken({ topicId: "room-1", publish: ["room-1"], secret });
    expect((await post(setUpHttp(), bearer(token))).status).toBe(403);
  });
});

describe("authorize: createTopicTokenAuthorizer", () => {
  const authorize = createTopicTokenAuthorizer({ secret });
  const mint = (rights: { topicId?: string; publish?: string[]; subject?: string; connectionId?: string }) =>
    mintTopicToken({ secret, ...rights });

  it("lets a token with the publish right publish, and not read", async () => {
    const http = setUpHttp({ authorize });
    const token = await mint({ publish: ["room-1"] });
    expect((await post(http, bearer(token))).status).toBe(200);
    expect((await get(http, bearer(token))).status).toBe(403);
  });

  it("lets a token with the subscribe right read, and not publish", async () => {
    const http = setUpHttp({ authorize });
    const token = await mint({ topicId: "room-1" });
    expect((await get(http, bearer(token))).status).toBe(200);
    expect((await post(http, bearer(token))).status).toBe(403);
    expect(http.log.dump("room-1")).toEqual([]);
  });

  it.each([
    ["Bearer", "TOKEN_MISSING"],
    ["Bearer ", "TOKEN_MISSING"],
    ["Basic dTpw", "TOKEN_MISSING"],
    ["AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/lambda/aws4_request", "TOKEN_MISSING"],
    ["Bearer a b", "TOKEN_MISSING"],
    ["Bearer abc.def.ghi", "TOKEN_INVALID"],
    [`Bearer ${"x".repeat(4_097)}`, "TOKEN_INVALID"],
  ])("refuses the header %j with 401 and %s, and does not repeat it", async (authorization, code) => {
    const http = setUpHttp({ authorize });
    const response = await post(http, { headers: { authorization } });
    expect(response).toMatchObject({ status: 401, body: { error: { code, retryable: false } } });
    expect(response.headers["www-authenticate"]).toBe(
      code === "TOKEN_MISSING" ? "Bearer" : 'Bearer error="invalid_token"',
    );
    expect(http.written).toEqual([]);
    const [, credentials = ""] = authorization.split(" ");
    if (credentials.length > 3) expect(JSON.stringify([response, http.observed])).not.toContain(credentials);
  });

  it("reads the token whatever the case of the header and of the scheme", async () => {
    const http = setUpHttp({ authorize });
    const token = await mint({ publish: ["room-1"] });
    expect((await post(http, { headers: { Authorization: `bearer ${token}` } })).status).toBe(200);
  });

  it("refuses an expired token with 401, so that a client gets another", async () => {
    const http = setUpHttp({
      authorize: () => Promise.reject(new PubsubError("TOKEN_EXPIRED", "the token has expired")),
    });
    expect(await post(http, bearer("x"))).toMatchObject({
      status: 401,
      body: { error: { code: "TOKEN_EXPIRED" } },
    });
  });

  it("refuses a token of another topic with 403", async () => {
    const http = setUpHttp({ authorize });
    expect((await post(http, bearer(await mint({ publish: ["room-2"] })))).status).toBe(403);
  });

  it("refuses a token that only one connection may use", async () => {
    const http = setUpHttp({ authorize });
    const token = await mint({ publish: ["room-1"], topicId: "room-1", connectionId: "c=" });
    expect((await post(http, bearer(token))).status).toBe(403);
    expect((await get(http, bearer(token))).status).toBe(403);
  });

  it("refuses the tokens of a user whose access was revoked after they were minted", async () => {
    const http = setUpHttp({ authorize });
    const token = await mint({ publish: ["room-1"], topicId: "room-1", subject: "user-7" });
    expect((await post(http, bearer(token))).status).toBe(200);
    http.clock.advance(60_000);
    await revoke(http, { userId: "user-7" });
    expect((await post(http, bearer(token))).status).toBe(403);
    expect((await get(http, bearer(token))).status).toBe(403);
    expect(http.log.dump("room-1")).toHaveLength(1);
    expect(http.observed).toContainEqual({
      event: "access-denied",
      action: "SUBSCRIBE",
      topicId: "room-1",
      reason: "access was revoked after the permission was given",
    });
  });
});

describe("authorize: a hook", () => {
  it("gets the action, the topic, the token and the event", async () => {
    const asked: HttpAuthorizeRequest[] = [];
    const http = setUpHttp({ authorize: (request) => asked.push(request) > 0 });
    await post(http, bearer("token-1"));
    await get(http);
    await http.request("GET", "/topics/room-1/position");
    expect(asked).toMatchObject([
      { action: "PUBLISH", topicId: "room-1", token: "token-1", event: { rawPath: EVENTS } },
      { action: "SUBSCRIBE", topicId: "room-1", token: undefined },
      { action: "SUBSCRIBE", topicId: "room-1" },
    ]);
  });

  it.each<[string, HttpAuthorize, number, string]>([
    ["returns false", () => false, 403, "FORBIDDEN"],
    ["returns nothing", () => undefined as never, 403, "FORBIDDEN"],
    ["returns allow: false", () => ({ allow: false }), 403, "FORBIDDEN"],
    ["allows until a time that has passed", () => ({ allow: true, until: 1 }), 403, "FORBIDDEN"],
    ["throws FORBIDDEN", () => Promise.reject(new PubsubError("FORBIDDEN", "no")), 403, "FORBIDDEN"],
    ["throws", () => Promise.reject(new Error("database is down")), 503, "AUTHORIZE_FAILED"],
    ["returns a text", () => "yes" as never, 503, "AUTHORIZE_FAILED"],
    ["returns an unknown field", () => ({ allow: true, topics: [] }) as never, 503, "AUTHORIZE_FAILED"],
    ["returns too late", () => new Promise(() => {}), 503, "AUTHORIZE_FAILED"],
  ])("that %s does not allow anything", async (_, authorize, status, code) => {
    const http = setUpHttp({ authorize, authorizeTimeoutMs: 1 });
    for (const response of [await post(http), await get(http)]) {
      expect(response).toMatchObject({ status, body: { error: { code, retryable: status === 503 } } });
    }
    expect(http.written).toEqual([]);
  });

  it("is asked before the body and the query are looked at", async () => {
    const http = setUpHttp({ authorize: () => false });
    expect((await post(http, { body: "no JSON", query: "x=1" })).status).toBe(403);
    expect((await get(http, { query: "x=1" })).status).toBe(403);
  });

  it("allows with terms that hold", async () => {
    const http = setUpHttp({
      authorize: () => ({ allow: true, userId: "u", until: new Date("2100-01-01") }),
    });
    expect((await post(http)).status).toBe(200);
  });
});

describe("maxRequestsPerSecond", () => {
  const flood = async (http: HttpSetUp, count: number, options: HttpRequestOptions = {}) => {
    const statuses: number[] = [];
    for (let each = 0; each < count; each++) statuses.push((await get(http, options)).status);
    return statuses.filter((status) => status === 429).length;
  };

  it("refuses with 429 what one address sends beyond ten seconds' requests, before the hook is asked", async () => {
    let asked = 0;
    const http = setUpHttp({ authorize: () => ++asked > 0, maxRequestsPerSecond: 2 });
    expect(await flood(http, 25)).toBe(5);
    expect(asked).toBe(20);
    expect(await flood(http, 1, { sourceIp: "192.0.2.2" })).toBe(0);
    http.clock.advance(1_000);
    expect(await flood(http, 3)).toBe(1);
    expect(await get(http)).toMatchObject({
      status: 429,
      headers: { "retry-after": "1" },
      body: { error: { code: "RATE_LIMITED", retryable: true } },
    });
  });

  it("limits strangers by default, and not the callers that IAM has verified", async () => {
    expect(await flood(setUpHttp({ authorize: () => true }), 501)).toBe(1);
    expect(await flood(setUpHttp(), 501, { authorizer: SIGNED })).toBe(0);
  });
});
