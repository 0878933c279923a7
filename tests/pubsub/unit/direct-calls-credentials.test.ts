/** Tests which credentials and which invocation's trace direct calls carry, second by second. */
import { type DynamoDBClient, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { SigningIdentity } from "../../../packages/pubsub/src/aws/transport/identity.ts";
import {
  callRegion,
  dynamodbDirect,
  httpAnswer,
  isSigned,
  wentDirectly,
} from "../../support/direct-clients.ts";
import { type RawRequest, type RawServer, startRawServer } from "../../support/raw-server.ts";
import { rejectionOf } from "../../support/samples.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const pass = (ms: number): void => void vi.setSystemTime(Date.now() + ms);
const ok = (): Promise<RawServer> =>
  startRawServer({ onRequest: ({ answer }) => answer(httpAnswer(200, "{}")) });
const identityOf = (name: string): SigningIdentity & { sessionToken: string } => ({
  accessKeyId: `AKID${name}`,
  secretAccessKey: `secret of ${name}`,
  sessionToken: `token-of-${name}`,
});

interface Client {
  server: RawServer;
  /** Returns how often the provider was called for credentials. */
  asked(): number;
  /** Sets the owner of the next credentials. If it is undefined, the provider rejects. */
  become(name: string | undefined): void;
  /** Makes one call and returns its requests. */
  call(): Promise<RawRequest[]>;
}

async function clientOf(first: string): Promise<Client> {
  const server = await ok();
  let name: string | undefined = first;
  let asked = 0;
  const credentials = async () => {
    asked += 1;
    if (name === undefined) throw new Error("no credentials today");
    // They have expired by any clock, so the SDK calls the provider each time
    return { ...identityOf(name), expiration: new Date(0) };
  };
  const client: DynamoDBClient = dynamodbDirect(server, { credentials });
  return {
    server,
    asked: () => asked,
    become(next) {
      name = next;
    },
    async call() {
      server.requests.length = 0;
      await client.send(new GetItemCommand({ TableName: "t", Key: { p: { S: "p" } } }));
      return [...server.requests];
    },
  };
}

async function signerOf(requests: RawRequest[]): Promise<string | undefined> {
  expect(requests.map(wentDirectly)).toEqual([true]);
  const [request] = requests as [RawRequest];
  const [, name = ""] = /Credential=AKID(\w+)\//.exec(request.head) ?? [];
  expect(request.head).toMatch(`\r\nx-amz-security-token: token-of-${name}\r\n`);
  return (await isSigned(request, { service: "dynamodb", identity: identityOf(name) })) ? name : undefined;
}

it("uses rotated credentials within a second, and reads them at most once a second", async () => {
  const { asked, become, call } = await clientOf("A");
  await call();
  expect(await signerOf(await call())).toBe("A");
  const before = asked();
  become("B");
  pass(999);
  expect(await signerOf(await call())).toBe("A");
  expect(asked()).toBe(before);
  pass(1);
  expect(await signerOf(await call())).toBe("B");
  expect(asked()).toBeGreaterThan(before);
});

it.each([-1_000, -86_400_000, 86_400_000])(
  "signs with the current time after the clock was set by %i ms",
  async (ms) => {
    const { become, call } = await clientOf("A");
    await call();
    await call();
    become("B");
    pass(ms);
    const requests = await call();
    expect(await signerOf(requests)).toBe("B");
    const date = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
    expect(requests[0]?.head).toContain(`\r\nx-amz-date: ${date}\r\n`);
  },
);

it("signs every call with its own second and its day's key", async () => {
  vi.setSystemTime(Date.UTC(2026, 11, 31, 23, 59, 59, 500));
  const { call } = await clientOf("A");
  await call();
  const dates: string[] = [];
  for (let times = 0; times < 3; times++) {
    const requests = await call();
    expect(await signerOf(requests)).toBe("A");
    dates.push(/x-amz-date: (\w+)/.exec(requests[0]?.head ?? "")?.[1] ?? "");
    pass(400);
  }
  expect(dates).toEqual(["20261231T235959Z", "20261231T235959Z", "20270101T000000Z"]);
});

it("leaves a call to the SDK if there are no credentials, and calls directly again once there are", async () => {
  const { become, call } = await clientOf("A");
  await call();
  await call();
  pass(1_000);
  become(undefined);
  expect(await rejectionOf(call())).toMatchObject({ message: "no credentials today" });
  become("A");
  expect(await signerOf(await call())).toBe("A");
});

it("leaves a call to the SDK if the provider rejects just once", async () => {
  const server = await ok();
  let rejects = false;
  const credentials = async () => {
    if (rejects) {
      rejects = false;
      throw new Error("just once");
    }
    return { ...identityOf("A"), expiration: new Date(0) };
  };
  const client = dynamodbDirect(server, { credentials });
  const get = () => client.send(new GetItemCommand({ TableName: "t", Key: { p: { S: "p" } } }));
  await get();
  rejects = true;
  await get();
  await get();
  expect(server.requests.map(wentDirectly)).toEqual([false, false, true]);
});

it("sends no token that contains a line break", async () => {
  const server = await ok();
  const credentials = async () => ({ ...identityOf("A"), sessionToken: "t\r\nx-injected: 1" });
  const client = dynamodbDirect(server, { credentials });
  for (let times = 0; times < 2; times++) {
    await client.send(new GetItemCommand({ TableName: "t", Key: { p: { S: "p" } } })).catch(() => {});
  }
  expect(server.requests.filter(wentDirectly)).toEqual([]);
  expect(server.requests.filter(({ head }) => /x-injected/.test(head))).toEqual([]);
});

const TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

it.each<[string, string, string, string | undefined]>([
  ["passes the trace of an invocation on", "function", TRACE, TRACE],
  ["passes on no trace outside of Lambda", "", TRACE, undefined],
  ["passes on no trace if the environment has none", "function", "", undefined],
  ["passes on no trace with a line break", "function", "Root=1\r\nx-injected: 1", undefined],
  ["passes on no trace with a line feed", "function", "a\nb", undefined],
  ["passes on no trace with a carriage return", "function", "a\rb", undefined],
  ["passes on no trace with a space", "function", "a b", undefined],
  [
    "passes on no trace with a character that Latin-1 would cut to a line feed",
    "function",
    "a\u010a",
    undefined,
  ],
])("%s", async (_, name, trace, expected) => {
  const { call } = await clientOf("A");
  await call();
  vi.stubEnv("AWS_LAMBDA_FUNCTION_NAME", name);
  vi.stubEnv("_X_AMZN_TRACE_ID", trace);
  const requests = await call();
  expect(await signerOf(requests)).toBe("A");
  const [request] = requests as [RawRequest];
  expect(/\r\nx-amzn-trace-id: ([^\r]*)\r\n/i.exec(request.head)?.[1]).toBe(expected);
  expect(request.head).not.toContain("x-injected");
  expect(request.head).not.toMatch(/SignedHeaders=[^,]*trace/);
});

it("passes on the trace of the current invocation, not of the previous one", async () => {
  const { call } = await clientOf("A");
  vi.stubEnv("AWS_LAMBDA_FUNCTION_NAME", "function");
  for (const trace of ["Root=1", "Root=2", "Root=3"]) {
    vi.stubEnv("_X_AMZN_TRACE_ID", trace);
    const [request] = await call();
    expect(request?.head.toLowerCase()).toContain(`\r\nx-amzn-trace-id: ${trace.toLowerCase()}\r\n`);
  }
});

it("signs for the client's region", async () => {
  const { call } = await clientOf("A");
  await call();
  const [request] = await call();
  expect(request?.head).toMatch(new RegExp(`/\\d{8}/${callRegion}/dynamodb/aws4_request, `));
});
