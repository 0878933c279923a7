/** The SDK repeats a post whose response the direct path does not understand. A success may disable the direct path. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import {
  createPostClient,
  type PostClient,
  type PostClientOptions,
} from "../../../packages/pubsub/src/aws/management-api/post-client.ts";
import { readTransport } from "../../../packages/pubsub/src/aws/sdk/transport-switch.ts";
import type { DirectPathDisabled } from "../../../packages/pubsub/src/aws/transport/direct-path.ts";
import { httpAnswer, wentDirectly } from "../../support/direct-clients.ts";
import { localIdentity } from "../../support/post-identity.ts";
import { type RawRequest, type RawServer, startRawServer } from "../../support/raw-server.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

const frame = { body: Buffer.from("hello") };
const delivered = { outcome: "delivered" };
const ok = httpAnswer(200, "");
const forbidden = httpAnswer(403, "", "x-amzn-errortype: ForbiddenException\r\n");

interface World {
  server: RawServer;
  post: PostClient;
  disabled: DirectPathDisabled[];
  /** For each request so far: whether the direct path sent it. */
  ways(): boolean[];
}

async function worldOf(
  respond: (request: RawRequest) => void,
  transport: PostClientOptions["transport"] = "direct",
): Promise<World> {
  const server = await startRawServer({ onRequest: respond });
  const disabled: DirectPathDisabled[] = [];
  const post = createPostClient(
    `http://127.0.0.1:${server.port}/$default`,
    { ...localIdentity },
    { transport, onDisabled: (event) => disabled.push(event) },
  );
  return { server, post, disabled, ways: () => server.requests.map(wentDirectly) };
}

/** Responds to direct requests with this text and accepts the SDK's requests. */
const refusingDirect =
  (direct: string) =>
  (request: RawRequest): void =>
    request.answer(wentDirectly(request) ? direct : ok);

it.each([
  ["301", httpAnswer(301, "", "location: /x\r\n"), "301"],
  ["302", httpAnswer(302, "", "location: /x\r\n"), "302"],
  ["404", httpAnswer(404, "<html>"), "404"],
  ["405", httpAnswer(405, ""), "405"],
  ["421", httpAnswer(421, ""), "421"],
  ["a 400 without an error's name", httpAnswer(400, "<html>Bad Request"), "400"],
])(
  "repeats the post with the SDK after %s, and keeps using the SDK if that succeeds",
  async (_, direct, reason) => {
    const { post, server, disabled, ways } = await worldOf(refusingDirect(direct));
    for (let times = 0; times < 3; times++) expect(await post("a=", frame)).toEqual(delivered);
    expect(ways()).toEqual([true, false, false, false]);
    const endpoint = `127.0.0.1:${server.port}/$default`;
    expect(disabled).toEqual([{ awsService: "execute-api", endpoint, reason }]);
    for (const { head, body } of server.requests) {
      expect(head).toMatch(/^POST \/\$default\/@connections\/a%3D /);
      expect(String(body)).toBe("hello");
    }
  },
);

// The event of a subscription that ended meanwhile would be posted after its end
it("does not send the post with the SDK after sendUntilMs, neither first nor again", async () => {
  const sendUntilMs = Date.now() + 1_000;
  const late = await worldOf((request) => {
    vi.setSystemTime(sendUntilMs + 1);
    refusingDirect(httpAnswer(404, ""))(request);
  });
  const unsent = { outcome: "failed", retryable: true, kind: "no-connection" };
  expect(await late.post("a=", frame, { sendUntilMs })).toMatchObject(unsent);
  expect(late.ways()).toEqual([true]);
  const sdk = await worldOf(({ answer }) => answer(ok), "sdk");
  expect(await sdk.post("a=", frame, { sendUntilMs })).toMatchObject(unsent);
  expect(sdk.ways()).toEqual([]);
  expect(await sdk.post("a=", frame, { sendUntilMs: Date.now() + 1_000 })).toEqual(delivered);
});

it("posts a connection's own text at the end on both ways, directly and with the SDK", async () => {
  const { post, server, ways } = await worldOf(refusingDirect(httpAnswer(404, "")));
  for (const tail of ["-1", "-2"]) expect(await post("a=", frame, { tail })).toEqual(delivered);
  expect(await post("a=", frame)).toEqual(delivered);
  expect(ways()).toEqual([true, false, false, false]);
  expect(server.requests.map(({ body }) => String(body))).toEqual(["hello-1", "hello-1", "hello-2", "hello"]);
});

// haproxy sends one on a connection that it gives up, which a request can meet. It disabled the direct path
it("leaves a post that got a 408 to the caller's retry, and keeps the direct path enabled", async () => {
  const responses = [httpAnswer(408, "", "connection: close\r\n"), ok];
  const { post, disabled, ways } = await worldOf(({ answer }) => answer(responses.shift() ?? ok));
  expect(await post("a", frame)).toEqual({ outcome: "failed", kind: "4xx", retryable: true, reason: "408" });
  expect(await post("a", frame)).toEqual(delivered);
  expect(ways()).toEqual([true, true]);
  expect(disabled).toEqual([]);
});

it("reports the disabled direct path once when 30 concurrent posts get a redirect", async () => {
  const { post, disabled } = await worldOf(refusingDirect(httpAnswer(302, "")));
  const results = await Promise.all(Array.from({ length: 30 }, (_, index) => post(`c${index}`, frame)));
  expect(results).toEqual(results.map(() => delivered));
  expect(disabled).toHaveLength(1);
});

it("repeats a post with the SDK after a 403 only if newer credentials got a 403 too", async () => {
  const { post, disabled, ways } = await worldOf(refusingDirect(forbidden));
  expect(await post("a", frame)).toMatchObject({ kind: "4xx", retryable: true });
  expect(ways()).toEqual([true]);
  vi.setSystemTime(Date.now() + 1_000);
  expect(await post("a", frame)).toEqual(delivered);
  expect(ways()).toEqual([true, true, false]);
  expect(disabled).toMatchObject([{ reason: "403 ForbiddenException" }]);
});

it.each<[string, string, object]>([
  ["gone", httpAnswer(410, "{}", "x-amzn-errortype: GoneException\r\n"), { outcome: "gone" }],
  [
    "throttled",
    httpAnswer(429, "{}", "x-amzn-errortype: LimitExceededException\r\n"),
    { outcome: "throttled" },
  ],
  [
    "forbidden",
    httpAnswer(403, "{}", "x-amzn-errortype: ForbiddenException\r\n"),
    { outcome: "failed", kind: "4xx", retryable: true, reason: "403 ForbiddenException" },
  ],
  [
    "too large",
    httpAnswer(413, "{}", "x-amzn-errortype: PayloadTooLargeException\r\n"),
    { outcome: "failed", kind: "4xx", retryable: false, reason: "413 PayloadTooLargeException" },
  ],
  [
    "an invalid connection id",
    httpAnswer(400, '{"message":"Invalid connectionId: x"}', "x-amzn-errortype: BadRequestException\r\n"),
    { outcome: "gone" },
  ],
  [
    "a 400 that only mentions a connection id",
    httpAnswer(
      400,
      '{"message":"Bad request","connectionId":"a"}',
      "x-amzn-errortype: BadRequestException\r\n",
    ),
    { outcome: "failed", kind: "4xx", retryable: false, reason: "400 BadRequestException" },
  ],
  ["a redirect", httpAnswer(302, ""), { outcome: "failed", kind: "3xx", retryable: false }],
  ["an internal error", httpAnswer(500, "<html>"), { outcome: "failed", kind: "5xx", retryable: true }],
])(
  "returns the SDK's outcome and keeps the direct path enabled if the SDK's post does not succeed: %s",
  async (_, reply, expected) => {
    const { post, disabled, ways } = await worldOf((request) =>
      request.answer(wentDirectly(request) ? httpAnswer(302, "") : reply),
    );
    expect(await post("a", frame)).toMatchObject(expected);
    expect(await post("a", frame)).toMatchObject(expected);
    expect(ways()).toEqual([true, false, true, false]);
    expect(disabled).toEqual([]);
  },
);

it.each<[string, (request: RawRequest) => void, object]>([
  ["a reset connection", ({ reset }) => reset(), { kind: "broken-connection", retryable: true }],
  ["a closed connection", ({ socket }) => void socket.end(), { kind: "broken-connection", retryable: true }],
  [
    "a malformed response",
    ({ answer }) => answer("no HTTP\r\n\r\n"),
    { kind: "bad-answer", retryable: true },
  ],
])("fails as a direct post does when the SDK's request meets %s", async (_, fault, expected) => {
  const { post } = await worldOf(fault, "sdk");
  expect(await post("a", frame)).toMatchObject({ outcome: "failed", ...expected });
});

it("stops waiting for the SDK at the caller's time limit", async () => {
  const { post } = await worldOf(() => {}, "sdk");
  expect(await post("a", frame, { giveUpAtMs: Date.now() + 300 })).toEqual({
    outcome: "failed",
    kind: "no-answer",
    retryable: true,
    reason: "no response within 300 ms",
  });
});

it("fails with no-credentials on the SDK path too if the provider rejects", async () => {
  const { server } = await worldOf(() => {});
  const identity = { ...localIdentity, credentials: () => Promise.reject(new Error("no role")) };
  const options: PostClientOptions = { transport: "sdk", onDisabled: () => {} };
  const post = createPostClient(`http://127.0.0.1:${server.port}/p`, identity, options);
  expect(await post("a", frame)).toEqual({
    outcome: "failed",
    kind: "no-credentials",
    retryable: true,
    reason: "no credentials: no role",
  });
});

it("disables the direct path after five consecutive malformed responses, not after four", async () => {
  let isMalformed = true;
  const { post, disabled, ways } = await worldOf((request) => {
    request.answer(isMalformed && wentDirectly(request) ? "no HTTP\r\n\r\n" : ok);
  });
  for (let times = 0; times < 4; times++) expect(await post("a", frame)).toEqual(delivered);
  isMalformed = false;
  expect(await post("a", frame)).toEqual(delivered);
  isMalformed = true;
  for (let times = 0; times < 4; times++) expect(await post("a", frame)).toEqual(delivered);
  expect(disabled).toEqual([]);
  expect(await post("a", frame)).toEqual(delivered);
  expect(disabled).toHaveLength(1);
  const before = ways().length;
  expect(await post("a", frame)).toEqual(delivered);
  expect(ways().slice(before)).toEqual([false]);
});

it("makes every post with the SDK if the transport is sdk", async () => {
  const { post, disabled, ways } = await worldOf(({ answer }) => answer(ok), "sdk");
  for (let times = 0; times < 3; times++) expect(await post("a", frame)).toEqual(delivered);
  expect(ways()).toEqual([false, false, false]);
  expect(disabled).toEqual([]);
});

it.each([
  [undefined, "direct"],
  ["", "direct"],
  ["direct", "direct"],
  ["sdk", "sdk"],
])("reads PUBSUB_TRANSPORT=%s as %s", (PUBSUB_TRANSPORT, expected) => {
  expect(readTransport({ PUBSUB_TRANSPORT })).toBe(expected);
});

it.each(["SDK", "fetch", " sdk"])("rejects PUBSUB_TRANSPORT=%j and names the known values", (value) => {
  expect(() => readTransport({ PUBSUB_TRANSPORT: value })).toThrow(
    `PUBSUB_TRANSPORT must be "direct" or "sdk"; got "${value}" (string)`,
  );
});
