import { describe, expect, it } from "vitest";
import {
  createPubsubClient,
  isPubsubClientError,
  PubsubClientError,
  type PubsubClientOptions,
} from "../../packages/client/src/index.ts";
import { createHarness, ScriptedSocket } from "../support/client-harness.ts";

const url = "wss://api.example.com/prod";
const made = (options: unknown): unknown => createPubsubClient(options as PubsubClientOptions);

function errorOf(act: () => unknown): PubsubClientError {
  try {
    act();
  } catch (error) {
    if (isPubsubClientError(error, "INVALID_ARGUMENT")) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

const wrong: [string, unknown, RegExp][] = [
  ["nothing", undefined, /^options must be an object; got undefined \(undefined\)$/],
  ["no url", {}, /^options\.url must be a ws:\/\/ or wss:\/\/ URL; got undefined/],
  ["an http url", { url: "https://x" }, /^options\.url must be .*; got "https:\/\/x" \(string\)$/],
  ["a url that is a number", { url: 7 }, /got 7 \(number\)$/],
  ["null", { url, random: null }, /^options\.random must be a function; got null \(object\)$/],
  [
    "an unknown option",
    { url, heartBeatMs: 5 },
    /^options\.heartBeatMs must be omitted: the options are .*heartbeatMs/,
  ],
  ["an inherited name", { url, constructor: 5 }, /^options\.constructor must be omitted/],
  [
    "a heartbeat beyond the idle timeout of API Gateway",
    { url, heartbeatMs: 600_000 },
    /number from 1 to 540000; got 600000/,
  ],
  [
    "a longest wait between heartbeats beyond the idle timeout of API Gateway",
    { url, heartbeatMaxMs: 540_001 },
    /^options\.heartbeatMaxMs must be a number from 1 to 540000; got 540001 \(number\)$/,
  ],
  ["an age beyond 2 hours", { url, maxConnectionAgeMs: 7_200_001 }, /^options\.maxConnectionAgeMs/],
  ["NaN as a number", { url, heartbeatMs: Number.NaN }, /got NaN \(number\)$/],
  ["a text for a number", { url, answerTimeoutMs: "1" }, /got "1" \(string\)$/],
  ["an unknown backoff option", { url, backoff: { factor: 2 } }, /^options\.backoff\.factor must be omitted/],
  [
    "a negative backoff",
    { url, backoff: { baseMs: -1 } },
    /^options\.backoff\.baseMs must be a number from 0/,
  ],
  [
    "half a clock",
    { url, clock: { now: Date.now } },
    /^options\.clock must be an object with now, setTimeout, clearTimeout/,
  ],
  [
    "protocols of numbers",
    { url, protocols: [1] },
    /^options\.protocols must be a string or an array of strings; got a value \(object\)$/,
  ],
  [
    "a signal without methods",
    { url, signal: {} },
    /^options\.signal must be an object with addEventListener/,
  ],
  [
    "a webSocket that is not a class",
    { url, webSocket: {} },
    /^options\.webSocket must be a function; got a value \(object\)$/,
  ],
];

it.each(wrong)("rejects %s with INVALID_ARGUMENT", (_name, options, message) => {
  expect(errorOf(() => made(options)).message).toMatch(message);
});

it("does not show the token in a URL", () => {
  const { message } = errorOf(() => made({ url: "https://x/prod?token=secret" }));
  expect(message).not.toContain("secret");
});

describe("subscribe and events", () => {
  const { client } = createHarness();
  const ignore = (): void => {};

  it.each<[string, () => unknown, RegExp]>([
    [
      "an empty topic",
      () => client.subscribe("", ignore),
      /^topicId must be a string of 1 to 512 characters; got "" \(string\)$/,
    ],
    ["a topic that would not fit a frame", () => client.subscribe("x".repeat(513), ignore), /^topicId/],
    ["no callback", () => client.subscribe("t", undefined as never), /^onEvent must be a function/],
    [
      "an unknown option",
      () => client.subscribe("t", ignore, { from: 1 } as never),
      /^options\.from must be omitted/,
    ],
    [
      "half a position",
      () => client.subscribe("t", ignore, { since: { epoch: "a" } as never }),
      /^options\.since must be { epoch, offset }/,
    ],
    [
      "a negative position",
      () => client.subscribe("t", ignore, { since: { epoch: "a", offset: -1 } }),
      /^options\.since/,
    ],
    ["an empty topic of events", () => client.events(""), /^topicId/],
    [
      "a bufferLimit of 0",
      () => client.events("t", { bufferLimit: 0 }),
      /^options\.bufferLimit must be a number from 1/,
    ],
  ])("reject %s with INVALID_ARGUMENT", (_name, act, message) => {
    expect(errorOf(act).message).toMatch(message);
  });

  it("send no SUBSCRIBE when they throw", () => {
    const harness = createHarness();
    expect(() => harness.client.events("t", { bufferLimit: 0 })).toThrow();
    harness.socket().open();
    expect(harness.socket().sent).toEqual([]);
  });
});

it("treats undefined as the default", () => {
  const { client } = createHarness({
    heartbeatMs: undefined,
    getUrl: undefined,
    backoff: { baseMs: undefined },
  });
  expect(client.state).toBe("connecting");
  client.close();
});

it("recognises its errors by structure and code", () => {
  const error = new PubsubClientError("CLOSED", "m");
  const foreign = Object.assign(new Error("m"), { name: "PubsubClientError", code: "CLOSED" });
  expect([isPubsubClientError(error), isPubsubClientError(error, "CLOSED")]).toEqual([true, true]);
  expect(isPubsubClientError(foreign, "CLOSED")).toBe(true);
  expect([isPubsubClientError(error, "REFUSED"), isPubsubClientError(new Error("m"))]).toEqual([
    false,
    false,
  ]);
  expect(isPubsubClientError({ name: "PubsubClientError", code: "CLOSED" })).toBe(false);
});

it("passes the protocols to the WebSocket", () => {
  expect(createHarness({ protocols: "chat" }).socket().protocols).toBe("chat");
  expect(createHarness({ protocols: ["a", "b"] }).socket().protocols).toEqual(["a", "b"]);
  expect(createHarness({ webSocket: ScriptedSocket, protocols: undefined }).sockets).toEqual([]);
});
