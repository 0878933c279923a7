/**
 * Whatever a stranger sends, the handler responds with what docs/openapi.json says, and a request that it refuses writes
 * nothing. The response and the log repeat nothing secret.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HttpEvent } from "../../../packages/pubsub/src/handlers/http/http-types.ts";
import { createTopicTokenAuthorizer } from "../../../packages/pubsub/src/tokens/index.ts";
import { FUNCTION_URL_HOST, HTTP_API_HOST, SIGNED, setUpHttp } from "../../support/http-requests.ts";

const SECRET = "5ecret-Of-Somebody";
const secret = "0123456789abcdef0123456789abcdef";

const segment = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string().map(encodeURIComponent),
  fc.constantFrom("topics", "events", "position", "..", "%2F", "%00", "%", "", "__proto__", "r"),
);
const rawPath = fc.oneof(
  fc.array(segment, { maxLength: 6 }).map((segments) => `/${segments.join("/")}`),
  fc
    .tuple(segment, fc.constantFrom("events", "position"))
    .map(([id, resource]) => `/topics/${id}/${resource}`),
);
const anyValue = fc.oneof(
  fc.constantFrom(undefined, null, 0, "", [], {}, true, SECRET, Number.NaN, { toString: 1 }),
  fc.anything(),
);
const body = fc.oneof(
  anyValue,
  fc.string({ unit: "binary" }),
  fc.json().map((data) => `{"data":${data},"publicationId":"${SECRET}"}`),
  fc.array(fc.json().map((data) => `{"data":${data}}`)).map((events) => `[${events.join()}]`),
  fc.json(),
);
const query = fc.oneof(
  anyValue,
  fc.string({ unit: "binary" }),
  fc
    .array(
      fc.tuple(
        fc.constantFrom("after", "last", "limit", "epoch", SECRET),
        fc.oneof(fc.nat().map(String), fc.string()),
      ),
    )
    .map((pairs) => new URLSearchParams(pairs).toString()),
);
const headers = fc.oneof(
  anyValue,
  fc.record({
    "content-type": fc.oneof(
      fc.constantFrom("application/json", "text/plain", `application/json;charset=${SECRET}`),
      anyValue,
    ),
    authorization: fc.oneof(fc.constantFrom(`Bearer ${SECRET}`, `Basic ${SECRET}`, "Bearer"), anyValue),
    "content-encoding": fc.constantFrom(undefined, "gzip", "identity"),
  }),
);

const hostile: fc.Arbitrary<HttpEvent> = fc.record({
  version: anyValue,
  rawPath: fc.oneof({ weight: 5, arbitrary: rawPath }, { weight: 1, arbitrary: anyValue }),
  rawQueryString: query,
  headers,
  body,
  isBase64Encoded: fc.oneof(fc.boolean(), anyValue),
  requestContext: fc.record({
    domainName: fc.oneof(fc.constantFrom(FUNCTION_URL_HOST, HTTP_API_HOST), anyValue),
    stage: fc.oneof(fc.constantFrom("$default", "prod"), anyValue),
    authorizer: fc.oneof(fc.constantFrom(SIGNED, null, { iam: null }), anyValue),
    http: fc.record({
      method: fc.oneof(fc.constantFrom("GET", "POST", "PUT", "HEAD", "OPTIONS"), anyValue),
      sourceIp: anyValue,
    }),
  }),
}) as fc.Arbitrary<HttpEvent>;

const RUNS = { numRuns: 1_500 };

describe("the HTTP handler", () => {
  it("responds to every request as the document says, and writes nothing if it refuses it", async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (event) => {
        const http = setUpHttp();
        const { status } = await http.handle(event);
        expect(status).toBeLessThan(500);
        if (status !== 200) expect(http.written).toEqual([]);
        if (status !== 200) expect(http.observed.at(-1)).toMatchObject({ event: "request-refused", status });
      }),
      RUNS,
    );
  });

  it("refuses every request without a signature or a valid token, and repeats no secret", async () => {
    const authorize = createTopicTokenAuthorizer({ secret });
    await fc.assert(
      fc.asyncProperty(hostile, fc.boolean(), async (event, isIam) => {
        const http = setUpHttp({ authorize: isIam ? "iam" : authorize });
        const requestContext = { ...event.requestContext, authorizer: null };
        const response = await http.handle({ ...event, requestContext });
        expect(response.status).toBeGreaterThanOrEqual(400);
        expect(response.status).toBeLessThan(500);
        expect(http.written).toEqual([]);
        const told = JSON.stringify([response, http.observed.map((each) => ({ ...each, topicId: "" }))]);
        expect(told).not.toContain(SECRET);
      }),
      RUNS,
    );
  });
});
