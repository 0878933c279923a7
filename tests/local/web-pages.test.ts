/**
 * A page that a developer had open could call every port of the local stack: by DNS rebinding, with a form, or with a
 * WebSocket. Its secrets are public, and fauxqs serves SNS and S3 beside SQS.
 */
import { once } from "node:events";
import { type OutgoingHttpHeaders, request } from "node:http";
import { afterAll, beforeAll, describe, expect, inject, it, vi } from "vitest";
import { WebSocket } from "ws";
import type { DynamodbLocal } from "../../packages/local/src/dynamodb/index.ts";
import type * as StartDynamodb from "../../packages/local/src/dynamodb/start-dynamodb.ts";
import { type LocalStack, startLocal } from "../../packages/local/src/start-local.ts";
import { within } from "../support/eventually.ts";
import { REBOUND_HOSTS, REFUSED_HOST } from "./rebound-hosts.ts";

const { servers } = vi.hoisted(() => ({ servers: [] as DynamodbLocal[] }));
vi.mock("../../packages/local/src/dynamodb/start-dynamodb.ts", async (original) => {
  const actual = await original<typeof StartDynamodb>();
  const startDynamodb: typeof actual.startDynamodb = async (options) => {
    const server = await actual.startDynamodb(options);
    servers.push(server);
    return server;
  };
  return { ...actual, startDynamodb };
});

let stack: LocalStack;
beforeAll(async () => {
  stack = await startLocal({
    allowedHosts: ["host.docker.internal"],
    allowedOrigins: ["https://app.example:8443"],
    onLog: () => {},
  });
});
afterAll(() => stack.stop());

interface Asked {
  method?: string;
  path?: string;
  headers?: OutgoingHttpHeaders;
  body?: string;
}

async function ask(endpoint: string, asked: Asked = {}): Promise<{ status: number; text: string }> {
  const { method = "POST", path = "/", headers = {}, body = "" } = asked;
  const { hostname, port } = new URL(endpoint);
  const call = request({ host: hostname.replace(/^\[|\]$/g, ""), port, method, path, headers });
  call.end(body);
  const [response] = await within("response", once(call, "response"));
  let text = "";
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, text };
}

const SIGNED =
  "AWS4-HMAC-SHA256 Credential=PUBSUBLOCAL/20261101/us-east-1/x/aws4_request, SignedHeaders=host, Signature=s";
const json = (target: string): OutgoingHttpHeaders => ({
  "content-type": "application/x-amz-json-1.0",
  "x-amz-target": target,
  authorization: SIGNED,
});

/** A call to each port that works without a page's headers, or that fails for another reason. */
const CALLS: Readonly<Record<string, { at: () => string; asked: Asked; status: number }>> = {
  gateway: {
    at: () => stack.managementEndpoint,
    asked: { method: "GET", path: "/_local/stack" },
    status: 200,
  },
  "@connections": {
    at: () => stack.managementEndpoint,
    asked: { path: "/$default/@connections/c=" },
    status: 403,
  },
  DynamoDB: {
    at: () => stack.dynamodbEndpoint,
    asked: { headers: json("DynamoDB_20120810.ListTables"), body: "{}" },
    status: 200,
  },
  SQS: {
    at: () => stack.fanoutQueueUrl,
    asked: { headers: json("AmazonSQS.ListQueues"), body: "{}" },
    status: 200,
  },
  Lambda: {
    at: () => String(stack.env.AWS_ENDPOINT_URL_LAMBDA),
    asked: { method: "GET", path: "/2015-03-31/event-source-mappings/" },
    status: 403,
  },
};

const REFUSED_PAGE = /Web pages may not call this port/;

describe.each(Object.keys(CALLS))("the port of %s", (name) => {
  const { at, asked, status } = CALLS[name] as (typeof CALLS)[string];
  const with_ = (headers: OutgoingHttpHeaders) =>
    ask(at(), { ...asked, headers: { ...asked.headers, ...headers } });

  it("serves a caller that is no page", async () => {
    const { text, status: got } = await with_({});
    expect(got).toBe(status);
    expect(text).not.toMatch(REFUSED_PAGE);
  });

  it.each(REBOUND_HOSTS)(
    "refuses the host %s of a page whose name was rebound to this machine",
    async (host) => {
      const { status: got, text } = await with_({ host });
      expect(got).toBe(403);
      expect(text).toMatch(REFUSED_HOST);
    },
  );

  it.each([
    ["localhost"],
    ["localhost:1"],
    ["sqs.us-east-1.localhost:9311"],
    ["127.0.0.1"],
    ["[::1]:80"],
    ["192.168.1.5:3001"],
    ["HOST.docker.internal:3001"],
  ])("serves the host %s", async (host) => {
    const { status: got, text } = await with_({ host });
    expect(got).toBe(status);
    expect(text).not.toMatch(REFUSED_HOST);
  });

  it.each([
    ["Origin of another site", { origin: "https://evil.example" }],
    ["Origin of a sandboxed frame", { origin: "null" }],
    ["Origin of a development server", { origin: "http://localhost:3000" }],
    ["Origin that may connect by WebSocket", { origin: "https://app.example:8443" }],
    ["image of another site, which has no Origin", { "sec-fetch-site": "cross-site" }],
    ["image of another port, which has no Origin", { "sec-fetch-site": "same-site" }],
  ])("refuses the request with the %s", async (_, headers) => {
    const { status: got, text } = await with_(headers);
    expect(got).toBe(403);
    expect(text).toMatch(REFUSED_PAGE);
  });

  it("refuses the question before a request of a page, without permission in the response", async () => {
    const headers = { origin: "https://evil.example", "access-control-request-method": "POST" };
    const { status: got, text } = await ask(at(), { method: "OPTIONS", headers });
    expect(got).toBe(403);
    expect(text).toMatch(REFUSED_PAGE);
  });

  it("serves what somebody typed into the address bar", async () => {
    expect((await with_({ "sec-fetch-site": "none" })).status).toBe(status);
  });
});

describe("the port of SQS", () => {
  const form = "application/x-www-form-urlencoded";
  const sns = "Action=CreateTopic&Name=a&Version=2010-03-31";
  it.each<[string, Asked]>([
    ["a form for SNS", { headers: { "content-type": form }, body: sns }],
    ["a form for SQS", { headers: { "content-type": form }, body: "Action=ListQueues&Version=2012-11-05" }],
    ["a form as text", { headers: { "content-type": "text/plain" }, body: sns }],
    [
      "JSON as text",
      { headers: { ...json("AmazonSQS.ListQueues"), "content-type": "text/plain" }, body: "{}" },
    ],
    [
      "a form as the target's type",
      { headers: { ...json("AmazonSQS.ListQueues"), "content-type": form }, body: sns },
    ],
    ["a GET with an action", { method: "GET", path: `/?${sns}` }],
    ["a bucket of S3", { method: "PUT", path: "/bucket" }],
    ["a list of S3's buckets", { method: "GET" }],
    ["a call of EventBridge", { headers: json("AWSEvents.ListRules"), body: "{}" }],
    ["a call of Kinesis", { headers: json("Kinesis_20131202.ListStreams"), body: "{}" }],
  ])("refuses %s", async (_, asked) => {
    const { status, text } = await ask(stack.fanoutQueueUrl, asked);
    expect(status).toBe(403);
    expect(text).toContain("This port speaks only the JSON protocol of SQS");
  });
});

describe("the DynamoDB Local behind the proxy", () => {
  it.each(["127.0.0.1", "localhost", "evil.example", "[::1]"])(
    "responds with 404 to the host %s",
    async (host) => {
      const [server] = servers;
      const asked = { headers: { ...json("DynamoDB_20120810.ListTables"), host }, body: "{}" };
      expect((await ask(String(server?.endpoint), asked)).status).toBe(404);
      expect(new URL(String(server?.endpoint)).hostname).toBe("127.0.0.1");
    },
  );
});

it.each([
  ["127.0.0.1", 200],
  ["localhost:8000", 200],
  ["evil.example", 404],
  ["localhost.evil.example", 404],
])("a DynamoDB Local without a proxy responds to the host %s with %i", async (host, status) => {
  const asked = { headers: { ...json("DynamoDB_20120810.ListTables"), host }, body: "{}" };
  expect((await ask(inject("dynamodbEndpoint"), asked)).status).toBe(status);
});

it("startLocal passes the allowed origins and hosts on to the gateway", async () => {
  const { host, origin } = { host: "host.docker.internal", origin: "https://app.example:8443" };
  const socket = new WebSocket(stack.websocketUrl, { headers: { host, origin } });
  await within("open socket", once(socket, "open"));
  socket.terminate();
});

it.each([
  [{ allowedHosts: ["a:80"] }, "allowedHosts"],
  [{ allowedHosts: "a" }, "allowedHosts"],
  [{ allowedHosts: ["*"] }, "allowedHosts"],
  [{ allowedOrigins: ["https://a/path"] }, "allowedOrigins"],
  [{ allowedOrigins: ["a.example"] }, "allowedOrigins"],
  [{ allowedOrigins: ["*"] }, "allowedOrigins"],
])("startLocal rejects %j", async (options, name) => {
  await expect(startLocal(options as object)).rejects.toMatchObject({
    code: "INVALID_OPTION",
    message: expect.stringContaining(name) as string,
  });
});
