/** A service that refuses signatures of a wrong time, as AWS does, gets the same request once more with its own time. */
import { GetItemCommand } from "@aws-sdk/client-dynamodb";
import { SendMessageBatchCommand } from "@aws-sdk/client-sqs";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ageProblem, parseAmzDate } from "../../../packages/local/src/signature-age.ts";
import {
  createPostClient,
  type PostClient,
  type PostClientOptions,
} from "../../../packages/pubsub/src/aws/management-api/post-client.ts";
import { dynamodbDirect, httpAnswer, sqsDirect, wentDirectly } from "../../support/direct-clients.ts";
import { localIdentity } from "../../support/post-identity.ts";
import { type RawRequest, type RawServer, startRawServer } from "../../support/raw-server.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
afterEach(() => void vi.useRealTimers());

const MINUTE_MS = 60_000;
const dateOf = ({ head }: RawRequest): Date =>
  parseAmzDate(/x-amz-date: (\w+)/i.exec(head)?.[1] ?? "") ?? expect.fail("no date");

interface Service {
  server: RawServer;
  /** Sets how far the service's clock is ahead of this process's. */
  setAhead(minutes: number): void;
  /** For each request so far: who sent it, and whether its signature had the right time. */
  seen(): string[];
}

async function serviceOf(
  refusal: (message: string, headers: string) => string,
  ok: string,
): Promise<Service> {
  let aheadMs = 0;
  const seen: string[] = [];
  const server = await startRawServer({
    onRequest(request) {
      const nowMs = Date.now() + aheadMs;
      const problem = ageProblem(dateOf(request), nowMs);
      seen.push(`${wentDirectly(request) ? "direct" : "sdk"} ${problem ? "refused" : "accepted"}`);
      const headers = `date: ${new Date(nowMs).toUTCString()}\r\n`;
      request.answer(problem ? refusal(problem, headers) : ok);
    },
  });
  return {
    server,
    seen: () => seen.splice(0),
    setAhead(minutes) {
      aheadMs = minutes * MINUTE_MS;
    },
  };
}

const forbidden = (message: string, headers: string): string =>
  httpAnswer(403, JSON.stringify({ message }), `x-amzn-errortype: InvalidSignatureException\r\n${headers}`);
const jsonRefusal = (message: string, headers: string): string =>
  httpAnswer(400, JSON.stringify({ __type: "x#InvalidSignatureException", message }), headers);

function postsTo({ server }: Service, transport: PostClientOptions["transport"] = "direct"): PostClient {
  const onDisabled = (): void => expect.fail("the direct path was disabled");
  return createPostClient(
    `http://127.0.0.1:${server.port}/p`,
    { ...localIdentity },
    { transport, onDisabled },
  );
}
const frame = { body: Buffer.from("hello") };
const delivered = { outcome: "delivered" };

it.each([10, -10])(
  "delivers a post directly, with one refusal, when the service is %i minutes ahead",
  async (minutes) => {
    const service = await serviceOf(forbidden, httpAnswer(200, ""));
    const post = postsTo(service);
    service.setAhead(minutes);
    expect(await post("a", frame)).toEqual(delivered);
    expect(await post("b", frame)).toEqual(delivered);
    expect(service.seen()).toEqual(["direct refused", "direct accepted", "direct accepted"]);
    service.setAhead(0);
    expect(await post("c", frame)).toEqual(delivered);
    expect(service.seen()).toEqual(["direct refused", "direct accepted"]);
  },
);

it("delivers 20 posts that are under way together, each after at most one refusal", async () => {
  const service = await serviceOf(forbidden, httpAnswer(200, ""));
  const post = postsTo(service);
  service.setAhead(10);
  const results = await Promise.all(Array.from({ length: 20 }, (_, index) => post(`c${index}`, frame)));
  expect(results).toEqual(results.map(() => delivered));
  const seen = service.seen();
  expect(seen.filter((way) => way === "direct accepted")).toHaveLength(20);
  expect(seen.filter((way) => way === "direct refused").length).toBeLessThanOrEqual(20);
  expect(seen.filter((way) => way.startsWith("sdk"))).toEqual([]);
});

it("delivers a post by the SDK's client too when the service is 10 minutes ahead", async () => {
  const service = await serviceOf(forbidden, httpAnswer(200, ""));
  service.setAhead(10);
  expect(await postsTo(service, "sdk")("a", frame)).toEqual(delivered);
  expect(service.seen()).toEqual(["sdk refused", "sdk accepted"]);
});

it("tries a post only once more if it is refused with a wrong Date again and again", async () => {
  const server = await startRawServer({
    onRequest: ({ answer }) =>
      answer(forbidden("Signature expired", "date: Mon, 01 Jun 2020 12:00:00 GMT\r\n")),
  });
  const post = createPostClient(
    `http://127.0.0.1:${server.port}/p`,
    { ...localIdentity },
    { transport: "direct", onDisabled: () => {} },
  );
  expect(await post("a", frame)).toMatchObject({ outcome: "failed", retryable: true });
  expect(server.requests.length).toBeLessThanOrEqual(2);
});

it.each([10, -10])(
  "makes DynamoDB and SQS calls directly when the service is %i minutes ahead",
  async (minutes) => {
    const service = await serviceOf(jsonRefusal, httpAnswer(200, "{}"));
    const [dynamodb, sqs] = [dynamodbDirect(service.server), sqsDirect(service.server)];
    const get = (): Promise<unknown> =>
      dynamodb.send(new GetItemCommand({ TableName: "t", Key: { p: { S: "p" } } }));
    const send = (): Promise<unknown> =>
      sqs.send(
        new SendMessageBatchCommand({
          QueueUrl: `http://127.0.0.1:${service.server.port}/000000000000/q`,
          Entries: [{ Id: "a", MessageBody: "b" }],
        }),
      );
    for (const call of [get, send]) {
      service.setAhead(0);
      // The SDK makes the first call to each endpoint
      await call();
      expect(service.seen()).toEqual(["sdk accepted"]);
      service.setAhead(minutes);
      await call();
      await call();
      expect(service.seen()).toEqual(["direct refused", "direct accepted", "direct accepted"]);
    }
  },
);
