import { randomUUID } from "node:crypto";
import { listSubscribers, publishToTopic } from "lambda-websocket-pubsub";
import { mintTopicToken } from "lambda-websocket-pubsub/tokens";
import { createPubsubClient } from "lambda-websocket-pubsub-client";
import { describe, expect, it } from "vitest";
import { eventually } from "../support/eventually.ts";
import { functionPath } from "../support/function-path.ts";
import { stackForFile } from "../support/local-stack.ts";
import { readRows } from "../support/rows.ts";
import { collect } from "../support/samples.ts";
import { connect, type Frame, type TestSocket } from "../support/sockets.ts";
import { forgeToken, topicClaims } from "../support/topic-tokens.ts";

const [secret, previous, retired] = ["current", "previous", "retired"].map(
  (name) => `${name}-${randomUUID()}`,
);

const local = stackForFile(() => ({
  functions: { websocket: functionPath("websocket-topic-tokens") },
  functionEnv: {
    TOPIC_TOKEN_SECRETS: JSON.stringify([secret, previous]),
    // The most verbose level that an operator can set
    POWERTOOLS_LOG_LEVEL: "DEBUG",
    POWERTOOLS_LOGGER_LOG_EVENT: "true",
  },
}));

/** Every token that was sent. */
const used = new Set<string>();
const noted = (token: string): string => {
  used.add(token);
  return token;
};
const mint = async (topicId: string, options: object = {}): Promise<string> =>
  noted(await mintTopicToken({ topicId, secret: secret ?? "", ...options }));
const forge = async (changes: object, key = secret): Promise<string> =>
  noted(await forgeToken(topicClaims({ ...changes }), key ?? ""));

/** What the functions have logged about a topic. */
const decisions = (topicId: string): Frame[] =>
  local.log
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as Frame)
    .filter((line) => /^access-/.test(String(line.message)) && line.topicId === topicId);

async function expectDenied(
  socket: TestSocket,
  frame: { topicId: string; token?: string },
  code: string,
): Promise<void> {
  const { topicId } = frame;
  const answer = await socket.request({ action: "SUBSCRIBE", ...frame });
  const message = `not allowed to subscribe to ${topicId}`;
  expect(answer).toEqual({ type: "ERROR", requestId: answer.requestId, code: "FORBIDDEN", message });
  const rows = await readRows(local, "consumer#");
  expect(rows.filter(({ u }) => u?.S === `topic#${topicId}`)).toEqual([]);
  await eventually(() => {
    expect(decisions(topicId).at(-1)).toMatchObject({
      level: "WARN",
      message: "access-denied",
      action: "SUBSCRIBE",
      consumer: { connectionId: expect.any(String) },
      reason: `the hook threw PubsubError ${code}`,
      function_request_id: expect.any(String),
    });
  });
}

describe("a browser's client", () => {
  it("subscribes to the topic of its token, with its history, and to no other", async () => {
    const [mine, others] = [`mine-${randomUUID()}`, `others-${randomUUID()}`];
    const { config, stack } = local;
    const first = await publishToTopic({ topicId: mine, data: "history", config });
    await publishToTopic({ topicId: others, data: "secret", config });
    const seen: unknown[] = [];
    const errors: unknown[] = [];
    const client = createPubsubClient({ url: stack.websocketUrl, onError: (error) => errors.push(error) });
    const onEvent = ({ data }: { data: unknown }): unknown => seen.push(data);
    const since = { epoch: first.epoch, offset: 0 };
    const standing = client.subscribe(mine, onEvent, { token: () => mint(mine), since });
    await standing.ready;
    // The text of a token is tried once. A function would be asked for another one
    const refused = client.subscribe(others, onEvent, { token: await mint(mine), since });
    await expect(refused.ready).rejects.toMatchObject({ code: "REFUSED", context: { code: "FORBIDDEN" } });
    await publishToTopic({ topicId: others, data: "secret", config });
    await publishToTopic({ topicId: mine, data: "live", config });
    await eventually(() => expect(seen).toEqual(["history", "live"]));
    expect(errors).toHaveLength(1);
    client.close();
    await eventually(() => expect(decisions(mine).map(({ message }) => message)).toEqual(["access-allowed"]));
    expect(decisions(mine)).toMatchObject([{ level: "INFO", reason: "the hook returned allow: true" }]);
    expect(decisions(others)).toMatchObject([{ reason: "the hook threw PubsubError TOKEN_OF_OTHER_TOPIC" }]);
  });
});

describe("a connection", () => {
  it("needs a token to subscribe, but not to connect, to ping or to unsubscribe", async () => {
    const socket = await connect(local.stack);
    const topicId = randomUUID();
    await expectDenied(socket, { topicId }, "TOKEN_MISSING");
    expect(await socket.request({ action: "UNSUBSCRIBE", topicId })).toMatchObject({ type: "UNSUBSCRIBED" });
    const positions = { [topicId]: { epoch: "0m1c2d3e4", offset: 0 } };
    const pong = await socket.request({ action: "PING", positions });
    expect(pong).toMatchObject({ type: "PONG", positions: { [topicId]: { subscribed: false } } });
  });

  it.each<[string, (topicId: string) => Promise<string>, string]>([
    ["of another topic", (topicId) => mint(`${topicId}2`), "TOKEN_OF_OTHER_TOPIC"],
    [
      "that has expired",
      (topicId) => forge({ topics: [topicId], iat: 1_700_000_000, exp: 1_700_000_060 }),
      "TOKEN_EXPIRED",
    ],
    ["of a secret that is retired", (topicId) => mint(topicId, { secret: retired }), "TOKEN_INVALID"],
    ["for another audience", (topicId) => forge({ topics: [topicId], aud: "elsewhere" }), "TOKEN_INVALID"],
    ["that is malformed", async () => noted(`not-a-token-${randomUUID()}`), "TOKEN_INVALID"],
  ])("is rejected with a token %s", async (_, make, code) => {
    const topicId = randomUUID();
    await expectDenied(await connect(local.stack), { topicId, token: await make(topicId) }, code);
  });

  it("subscribes with a token of the previous secret while both secrets are accepted", async () => {
    const topicId = randomUUID();
    const socket = await connect(local.stack);
    const token = await mint(topicId, { secret: previous });
    expect(await socket.request({ action: "SUBSCRIBE", topicId, token })).toMatchObject({
      type: "SUBSCRIBED",
    });
  });

  it("rejects a token that is bound to another connection", async () => {
    const [topicId, bound] = [randomUUID(), randomUUID()];
    const [mine, thief] = [await connect(local.stack), await connect(local.stack)];
    await mine.request({ action: "SUBSCRIBE", topicId, token: await mint(topicId) });
    const [{ connectionId } = {}] = await eventually(async () => {
      const consumers = await collect(listSubscribers({ topicId, config: local.config }));
      expect(consumers).toHaveLength(1);
      return consumers;
    });
    const token = await mint(bound, { connectionId });
    await expectDenied(thief, { topicId: bound, token }, "TOKEN_OF_OTHER_CONNECTION");
    const answer = await mine.request({ action: "SUBSCRIBE", topicId: bound, token });
    expect(answer).toMatchObject({ type: "SUBSCRIBED", topicId: bound });
  });

  it("does not get the token of a rejected frame back", async () => {
    const topicId = randomUUID();
    const socket = await connect(local.stack);
    const token = await mint(topicId);
    for (const frame of [
      { topicId, token: [token] },
      { topicId, token: { [token]: token } },
      { topicId, token: token.repeat(20) },
      { topicId, token, since: 5 },
      { topicId, token, format: "xml" },
      { topicId: "", token },
    ]) {
      const answer = await socket.request({ action: "SUBSCRIBE", ...frame });
      expect(answer.type).toBe("ERROR");
      expect(JSON.stringify(answer)).not.toContain(token.slice(0, 20));
    }
  });
});

it("logs no token, not even the beginning of one that was sent in place of another value", async () => {
  const socket = await connect(local.stack);
  const token = await mint("room");
  await socket.request({ action: token, topicId: token, format: token });
  await socket.request({ action: "SUBSCRIBE", topicId: 5, format: token });
  await socket.request({ action: "SUBSCRIBE", topicId: "room", format: token });
  socket.send(JSON.stringify(token));
  await eventually(() => {
    expect(local.log.filter((line) => line.includes("frame-refused")).length).toBeGreaterThanOrEqual(10);
  });
  expect(used.size).toBeGreaterThan(8);
  const pieces = [...used].flatMap((text) => text.split(".").map((part) => part.slice(0, 16)));
  expect(local.log.filter((line) => pieces.some((piece) => line.includes(piece)))).toEqual([]);
});
