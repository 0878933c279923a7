import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { localCredentials } from "../../../packages/local/src/credentials.ts";
import {
  createPostClient,
  type PostClient,
} from "../../../packages/pubsub/src/aws/management-api/post-client.ts";
import type { SigningIdentity } from "../../../packages/pubsub/src/aws/transport/identity.ts";
import type { Frame } from "../../../packages/pubsub/src/core/ports.ts";
import { eventually, within } from "../../support/eventually.ts";
import { openGateway } from "../../support/gateway.ts";
import { answerOf, type RawServer, startRawServer } from "../../support/raw-server.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

const pass = (ms: number): void => void vi.setSystemTime(Date.now() + ms);
const frameOf = (text: string): Frame => ({ body: Buffer.from(text) });
const frame = frameOf("hello");
const delivered = { outcome: "delivered" };

interface Provider {
  /** For each call of the provider: whether it asked for a forced refresh. */
  forced: boolean[];
  /** Sets what the next calls of the provider return. */
  answer(credentials: () => Promise<SigningIdentity>): void;
  post: PostClient;
}

function clientOf(endpoint: string): Provider {
  const forced: boolean[] = [];
  let credentials = async (): Promise<SigningIdentity> => localCredentials;
  return {
    forced,
    answer(next) {
      credentials = next;
    },
    post: createPostClient(
      endpoint,
      {
        region: async () => "us-east-1",
        credentials(options) {
          forced.push(options?.forceRefresh === true);
          return credentials();
        },
      },
      { transport: "direct", onDisabled: () => {} },
    ),
  };
}

const clientTo = ({ port }: RawServer): Provider => clientOf(`http://127.0.0.1:${port}/$default`);
const ok = (): Promise<RawServer> => startRawServer({ onRequest: ({ answer }) => answer(answerOf("")) });
const forbidden =
  "HTTP/1.1 403 Forbidden\r\nx-amzn-errortype: ForbiddenException\r\ncontent-length: 0\r\n\r\n";

it("uses rotated credentials after at most a second", async () => {
  const gateway = await openGateway();
  const { consumer, next } = await gateway.connect();
  const { post, answer, forced } = clientOf(gateway.managementEndpoint);
  answer(async () => ({ accessKeyId: "ROTATEDAWAY", secretAccessKey: "old" }));
  const refused = {
    outcome: "failed",
    kind: "4xx",
    retryable: true,
    reason: "403 UnrecognizedClientException",
  };
  expect(await post(consumer.connectionId, frame)).toEqual(refused);
  answer(async () => localCredentials);
  pass(999);
  expect(await post(consumer.connectionId, frame)).toEqual(refused);
  expect(forced).toEqual([false]);
  pass(1);
  expect(await post(consumer.connectionId, frame)).toEqual(delivered);
  expect(await next()).toBe("hello");
  answer(async () => ({ ...localCredentials, secretAccessKey: "a wrong one" }));
  pass(1_000);
  expect(await post(consumer.connectionId, frame)).toMatchObject({ reason: "403 InvalidSignatureException" });
});

it("forces one refresh of the credentials after a 403", async () => {
  let reply = answerOf("");
  const server = await startRawServer({ onRequest: ({ answer }) => answer(reply) });
  const { post, forced } = clientTo(server);
  await post("a", frame);
  reply = forbidden;
  expect(await post("a", frame)).toEqual({
    outcome: "failed",
    kind: "4xx",
    retryable: true,
    reason: "403 ForbiddenException",
  });
  reply = answerOf("");
  for (let second = 0; second < 3; second++) {
    pass(1_000);
    expect(await post("a", frame)).toEqual(delivered);
  }
  expect(forced).toEqual([false, true, false, false]);
});

it("forces a refresh after a 403 that arrives while credentials are being fetched", async () => {
  const server = await startRawServer();
  const { post, forced, answer } = clientTo(server);
  const early = post("early", frame);
  const held = await within("request", server.next());
  pass(1_000);
  const fetched = Promise.withResolvers<SigningIdentity>();
  answer(() => fetched.promise);
  const meanwhile = post("meanwhile", frame);
  await eventually(() => expect(forced).toHaveLength(2));
  held.answer(forbidden);
  await early;
  fetched.resolve(localCredentials);
  (await within("request", server.next())).answer(answerOf(""));
  await meanwhile;
  pass(1_000);
  const later = post("later", frame);
  (await within("request", server.next())).answer(answerOf(""));
  await later;
  expect(forced).toEqual([false, false, true]);
});

it.each<[string, () => Promise<SigningIdentity>, string]>([
  ["rejects with an error", () => Promise.reject(new Error("no role")), "no credentials: no role"],
  ["rejects with a string", () => Promise.reject("why"), "no credentials: why"],
  [
    "throws synchronously",
    () => {
      throw new Error("at once");
    },
    "no credentials: at once",
  ],
  [
    "returns a token with a line break",
    async () => ({ ...localCredentials, sessionToken: "t\n" }),
    "no credentials: sessionToken has characters that no header can",
  ],
])(
  "fails as retryable when the provider %s, and delivers once the provider returns credentials",
  async (_, broken, reason) => {
    const server = await ok();
    const { post, answer, forced } = clientTo(server);
    answer(broken);
    const failed = { outcome: "failed", kind: "no-credentials", retryable: true, reason };
    expect(await Promise.all([post("a", frame), post("b", frame)])).toEqual([failed, failed]);
    answer(async () => localCredentials);
    expect(await post("a", frame)).toEqual(delivered);
    expect(forced).toEqual([false, false]);
    expect(server.requests).toHaveLength(1);
  },
);

it("forces a refresh again if the provider rejected the first one", async () => {
  const server = await startRawServer({ onRequest: ({ answer }) => answer(forbidden) });
  const { post, answer, forced } = clientTo(server);
  await post("a", frame);
  pass(1_000);
  answer(() => Promise.reject(new Error("down")));
  await post("a", frame);
  answer(async () => localCredentials);
  await post("a", frame);
  expect(forced).toEqual([false, true, true]);
});

it("fetches credentials once for 500 waiting posts, and once per second after that", async () => {
  const server = await ok();
  const { post, forced } = clientTo(server);
  for (let second = 1; second <= 3; second++) {
    const all = await Promise.all(Array.from({ length: 500 }, (_, index) => post(`c${index}`, frame)));
    expect(all).toEqual(all.map(() => delivered));
    expect(await post("one more", frame)).toEqual(delivered);
    expect(forced).toHaveLength(second);
    pass(1_000);
  }
});

it("reads the body of a frame once for five posts, and reads each frame separately", async () => {
  const server = await ok();
  const { post } = clientTo(server);
  let reads = 0;
  const counted: Frame = {
    get body() {
      reads += 1;
      return Buffer.from("counted");
    },
  };
  for (let index = 0; index < 5; index++) {
    await post("a", counted);
    await post("a", frameOf(`own ${index}`));
    pass(1_000);
  }
  expect(reads).toBe(1);
  const sent = server.requests.map(({ body }) => String(body));
  expect(sent.filter((body) => body === "counted")).toHaveLength(5);
  expect(new Set(sent).size).toBe(6);
});

it.each([1_000, 3_600_000, -1_000, -3_600_000])(
  "signs with the current time after the clock changed by %i ms",
  async (ms) => {
    const server = await ok();
    const { post } = clientTo(server);
    await post("a", frame);
    pass(ms);
    await post("a", frame);
    const date = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
    expect(server.requests[1]?.head).toContain(`\r\nx-amz-date: ${date}\r\n`);
  },
);

it.each(["", ".", ".."])(
  "sends nothing for the connection id %j, which would change the path, and returns gone so that no retry follows",
  async (id) => {
    const server = await ok();
    expect(await clientTo(server).post(id, frame)).toEqual({ outcome: "gone" });
    expect(server.requests).toEqual([]);
  },
);

it("stops waiting for a response at the caller's time limit", async () => {
  const server = await startRawServer();
  const { post } = clientTo(server);
  const result = post("a", frame, { giveUpAtMs: Date.now() + 300 });
  await within("request", server.next());
  expect(await within("result", result)).toEqual({
    outcome: "failed",
    kind: "no-answer",
    retryable: true,
    reason: "no response within 300 ms",
  });
});
