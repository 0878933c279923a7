import type { LambdaFunctionURLEvent } from "aws-lambda";
import { describe, expect, it, onTestFinished } from "vitest";
import { localCredentials } from "../../packages/local/src/credentials.ts";
import { type FunctionUrlAuthType, startFunctionUrl } from "../../packages/local/src/function-url/index.ts";
import { createWebGuard } from "../../packages/local/src/web-guard.ts";
import { ask, askSigned, type HttpAsked, type SigningChoices } from "../support/signed-request.ts";

interface Started {
  url: string;
  events: LambdaFunctionURLEvent[];
  failures: string[];
}

async function start(
  authType: FunctionUrlAuthType,
  answer: () => unknown = () => ({ statusCode: 200, body: "ok" }),
): Promise<Started> {
  const events: LambdaFunctionURLEvent[] = [];
  const failures: string[] = [];
  const { url, stop } = await startFunctionUrl({
    host: "127.0.0.1",
    region: "us-east-1",
    credentials: localCredentials,
    authType,
    guard: createWebGuard(),
    invoke: async (event) => {
      events.push(event as LambdaFunctionURLEvent);
      return answer();
    },
    onFailure: (message) => failures.push(message),
  });
  onTestFinished(stop);
  return { url, events, failures };
}

describe("the event of a function URL", () => {
  it("has the fields of AWS's example, for a signed request", async () => {
    const { url, events } = await start("AWS_IAM");
    const { status } = await askSigned(url, {
      method: "POST",
      path: "/topics/a%2Fb/events?one=1&two=x%20y",
      headers: { "Content-Type": "application/json", "User-Agent": "test/1", Cookie: "a=1; b=2" },
      body: '{"data":"ä"}',
    });
    expect(status).toBe(200);
    const { host } = new URL(url);
    expect(events).toEqual([
      {
        version: "2.0",
        routeKey: "$default",
        rawPath: "/topics/a%2Fb/events",
        rawQueryString: "one=1&two=x%20y",
        cookies: ["a=1", "b=2"],
        headers: expect.objectContaining({
          host,
          "content-type": "application/json",
          "user-agent": "test/1",
          "x-forwarded-for": "127.0.0.1",
          "x-forwarded-proto": "http",
          "x-amzn-trace-id": expect.stringMatching(/^Root=1-/),
        }),
        queryStringParameters: { one: "1", two: "x y" },
        requestContext: {
          accountId: "000000000000",
          apiId: "local",
          authorizer: {
            iam: {
              accessKey: localCredentials.accessKeyId,
              accountId: "000000000000",
              callerId: "AIDALOCAL",
              cognitoIdentity: null,
              principalOrgId: null,
              userArn: "arn:aws:iam::000000000000:user/local",
              userId: "AIDALOCAL",
            },
          },
          domainName: "local.lambda-url.us-east-1.on.aws",
          domainPrefix: "local",
          http: {
            method: "POST",
            path: "/topics/a%2Fb/events",
            protocol: "HTTP/1.1",
            sourceIp: "127.0.0.1",
            userAgent: "test/1",
          },
          requestId: expect.any(String),
          routeKey: "$default",
          stage: "$default",
          time: expect.stringMatching(/^\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000$/),
          timeEpoch: expect.any(Number),
        },
        body: '{"data":"ä"}',
        isBase64Encoded: false,
      },
    ]);
    expect(events[0]?.headers).not.toHaveProperty("cookie");
    expect(events[0]?.headers).not.toHaveProperty("connection");
  });

  it("has no authorizer, body and query if the request has none", async () => {
    const { url, events } = await start("NONE");
    expect(await ask(url)).toMatchObject({ status: 200, text: "ok" });
    const [event] = events;
    expect(event).toMatchObject({ rawPath: "/", rawQueryString: "", isBase64Encoded: false });
    expect(event?.requestContext).toMatchObject({ accountId: "anonymous" });
    expect(event?.requestContext).not.toHaveProperty("authorizer");
    for (const field of ["body", "queryStringParameters", "cookies"]) expect(event).not.toHaveProperty(field);
  });

  it("joins the values of one header, and of one parameter, with commas", async () => {
    const { url, events } = await start("NONE");
    await ask(url, { path: "/?a=1&a=2", headers: { "X-Two": "1, 2" } });
    expect(events[0]).toMatchObject({ queryStringParameters: { a: "1,2" }, headers: { "x-two": "1, 2" } });
  });

  it.each([
    ["application/json", false],
    ["application/json; charset=utf-8", false],
    ["application/problem+json", false],
    ["text/plain", false],
    ["application/xml", false],
    ["application/x-www-form-urlencoded", true],
    ["application/octet-stream", true],
    ["image/png", true],
  ])("has a body of %s in base64: %s", async (type, isBase64Encoded) => {
    const { url, events } = await start("NONE");
    await ask(url, { method: "POST", headers: { "Content-Type": type }, body: "häl" });
    const body = isBase64Encoded ? Buffer.from("häl").toString("base64") : "häl";
    expect(events[0]).toMatchObject({ body, isBase64Encoded });
  });
});

describe("the auth type AWS_IAM", () => {
  const asked: HttpAsked = { method: "POST", path: "/x?b=2&a=1", body: "hello" };

  it.each<[string, SigningChoices, string]>([
    ["with another key id", { accessKeyId: "OTHER" }, "UnrecognizedClientException"],
    ["with another secret", { secretAccessKey: "other" }, "InvalidSignatureException"],
    ["for another service", { service: "execute-api" }, "InvalidSignatureException"],
    ["for another region", { region: "eu-west-1" }, "InvalidSignatureException"],
    ["an hour ago", { date: new Date(Date.now() - 3_600_000) }, "InvalidSignatureException"],
    ["with another body", { sentBody: "jello" }, "InvalidSignatureException"],
  ])("refuses a request that is signed %s", async (_, choices, errorType) => {
    const { url, events } = await start("AWS_IAM");
    const { status, headers, text } = await askSigned(url, asked, choices);
    expect({ status, type: headers["x-amzn-errortype"] }).toEqual({ status: 403, type: errorType });
    expect(JSON.parse(text)).toEqual({ message: expect.any(String) });
    expect(events).toEqual([]);
  });

  it("refuses a request without a signature as AWS does", async () => {
    const { url, events } = await start("AWS_IAM");
    const { status, headers, text } = await ask(url, asked);
    expect({ status, type: headers["x-amzn-errortype"] }).toEqual({
      status: 403,
      type: "AccessDeniedException",
    });
    expect(JSON.parse(text)).toEqual({ Message: expect.stringMatching(/^Forbidden\. For troubleshooting/) });
    expect(events).toEqual([]);
  });

  it("accepts what is signed with the stack's keys", async () => {
    const { url } = await start("AWS_IAM");
    for (const path of ["/", "/x?b=2&a=1", "/topics/a%2Fb%20c/events?epoch=0&after=1"]) {
      expect(await askSigned(url, { ...asked, path })).toMatchObject({ status: 200 });
    }
  });
});

describe("the response of a function URL", () => {
  it.each<[string, unknown, object]>([
    ["a whole response", { statusCode: 201, headers: { "X-A": "1" }, body: "b" }, { status: 201, text: "b" }],
    ["no body", { statusCode: 204 }, { status: 204, text: "" }],
    [
      "a body in base64",
      { statusCode: 200, body: "aMOkbA==", isBase64Encoded: true },
      { status: 200, text: "häl" },
    ],
    ["a string", "hi", { status: 200, text: '"hi"' }],
    ["an object without a status", { a: 1 }, { status: 200, text: '{"a":1}' }],
    ["nothing", null, { status: 200, text: "null" }],
    ["cookies", { statusCode: 200, cookies: ["a=1", "b=2"] }, { headers: { "set-cookie": ["a=1", "b=2"] } }],
  ])("is made from %s", async (_, returned, response) => {
    const { url, failures } = await start("NONE", () => returned);
    expect(await ask(url)).toMatchObject(response);
    expect(failures).toEqual([]);
  });

  it.each<[string, () => unknown]>([
    ["throws", () => Promise.reject(new Error("boom"))],
    ["returns a status that is none", () => ({ statusCode: "two hundred" })],
    ["returns the status 99", () => ({ statusCode: 99 })],
    ["returns a body that is no text", () => ({ statusCode: 200, body: { a: 1 } })],
    ["returns headers that are no texts", () => ({ statusCode: 200, headers: { a: ["1"] } })],
    ["returns more than 6 MB", () => ({ statusCode: 200, body: "x".repeat(6_291_557) })],
  ])("is 502 without the reason if the function %s, and the log has the reason", async (_, answer) => {
    const { url, failures } = await start("NONE", answer);
    expect(await ask(url)).toMatchObject({ status: 502, text: "Internal Server Error" });
    expect(failures).toEqual([expect.stringContaining("the function of the URL failed at GET /")]);
  });

  it("is 413 for a body of more than 6 MB, which no function gets", async () => {
    const { url, events } = await start("NONE");
    for (const body of [Buffer.alloc(6_291_457, "x"), Buffer.alloc(11_000_000, "x")]) {
      const response = await ask(url, { method: "POST", headers: { "Content-Type": "text/plain" }, body });
      expect(response.status).toBe(413);
    }
    expect(events).toEqual([]);
    const body = Buffer.alloc(6_291_456, "x");
    expect(await ask(url, { method: "POST", headers: { "Content-Type": "text/plain" }, body })).toMatchObject(
      {
        status: 200,
      },
    );
  });
});

describe("a web page", () => {
  it.each([
    ["with an Origin", { origin: "http://evil.example" }],
    ["of this machine", { origin: "http://localhost:5173" }],
    ["without an Origin", { "sec-fetch-site": "cross-site" }],
    ["after DNS rebinding", { host: "rebound.example" }],
  ])("%s gets 403, and the function gets nothing", async (_, headers) => {
    const { url, events } = await start("NONE");
    expect((await ask(url, { headers: headers as Record<string, string> })).status).toBe(403);
    expect(events).toEqual([]);
  });
});
