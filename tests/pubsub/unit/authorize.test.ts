import { describe, expect, it } from "vitest";
import { PubsubError } from "../../../packages/pubsub/src/core/errors.ts";
import type { PipelineEvent } from "../../../packages/pubsub/src/core/pipeline-events.ts";
import {
  type Authorize,
  type AuthorizeRequest,
  decideAccess,
  type Verdict,
} from "../../../packages/pubsub/src/handlers/authorize.ts";
import { consumerOf } from "../../support/samples.ts";

const TOKEN = "secret-token-1";
const consumer = consumerOf("client=");
const event = { requestContext: { connectionId: "client=" }, body: `{"token":"${TOKEN}"}` };
const request: AuthorizeRequest = { action: "SUBSCRIBE", topicId: "room", token: TOKEN, consumer, event };

async function decide(
  authorize: Authorize | undefined,
  timeoutMs = 5_000,
): Promise<{ verdict: Verdict; told: PipelineEvent[] }> {
  const told: PipelineEvent[] = [];
  const observe = (line: PipelineEvent): void => void told.push(line);
  const { verdict } = await decideAccess({ authorize, timeoutMs, observe }, request);
  return { verdict, told };
}

const EVENTS = { allowed: "access-allowed", denied: "access-denied", undecided: "authorize-failed" } as const;

/** Returns the verdict and the line about it. */
const ended = (verdict: Verdict, reason: string): { verdict: Verdict; told: PipelineEvent[] } => {
  const event = EVENTS[verdict];
  return { verdict, told: [{ event, action: "SUBSCRIBE", topicId: "room", consumer, reason }] };
};

describe("decideAccess", () => {
  it("allows every request and logs nothing without a hook", async () => {
    expect(await decide(undefined)).toEqual({ verdict: "allowed", told: [] });
  });

  it("passes the whole request to the hook", async () => {
    const asked: AuthorizeRequest[] = [];
    await decide((given) => asked.push(given) > 0);
    expect(asked).toEqual([request]);
  });

  it.each<[string, Authorize, string]>([
    ["true", () => true, "the hook returned true"],
    ["nothing", () => undefined, "the hook returned nothing"],
    ["true, later", async () => true, "the hook returned true"],
    ["an object that allows", () => ({ allow: true, subprotocol: TOKEN }), "the hook returned allow: true"],
  ])("allows a request if the hook returns %s", async (_, authorize, reason) => {
    expect(await decide(authorize)).toEqual(ended("allowed", reason));
  });

  const throwing = (thrown: unknown): Authorize => {
    return () => {
      throw thrown;
    };
  };

  it.each<[string, Authorize, string]>([
    ["returns false", () => false, "the hook returned false"],
    ["returns false, later", async () => false, "the hook returned false"],
    ["returns an object that denies", () => ({ allow: false }), "the hook returned allow: false"],
    ...(
      [
        "FORBIDDEN",
        "TOKEN_MISSING",
        "TOKEN_INVALID",
        "TOKEN_EXPIRED",
        "TOKEN_OF_OTHER_TOPIC",
        "TOKEN_OF_OTHER_CONNECTION",
      ] as const
    ).map((code): [string, Authorize, string] => {
      const hook = throwing(new PubsubError(code, TOKEN));
      return [
        `throws an error of this library with the code ${code}`,
        hook,
        `the hook threw PubsubError ${code}`,
      ];
    }),
  ])("denies a request if the hook %s", async (_, authorize, reason) => {
    expect(await decide(authorize)).toEqual(ended("denied", reason));
    expect(await decide(async (given) => authorize(given))).toEqual(ended("denied", reason));
  });

  it.each<[string, unknown, string]>([
    ["null", null, "the hook returned a value of type object"],
    ["0", 0, "the hook returned a value of type number"],
    ["a policy", { Effect: "Deny" }, "the hook returned a value of type object"],
    ["an object whose `allow` is no boolean", { allow: "yes" }, "the hook returned a value of type object"],
    [
      "an object with an unknown field",
      { allow: true, until: 5 },
      "the hook returned a value of type object",
    ],
    [
      "an object whose subprotocol is no string",
      { allow: true, subprotocol: 5 },
      "the hook returned a value of type object",
    ],
    ["text", TOKEN, "the hook returned a value of type string"],
  ])("leaves a request undecided if the hook returns %s", async (_, answer, reason) => {
    expect(await decide((() => answer) as Authorize)).toEqual(ended("undecided", reason));
    expect(await decide((async () => answer) as Authorize)).toEqual(ended("undecided", reason));
  });

  // A database that was down for two seconds used to deny, and the client gave up for good
  const coded = Object.assign(new TypeError(`bad ${TOKEN}`), { code: "ERR_JWT_EXPIRED" });
  const named = Object.assign(new Error("m"), { name: TOKEN, code: TOKEN });
  it.each<[string, unknown, string]>([
    ["an error", new Error(`no such token: ${TOKEN}`), "the hook threw Error"],
    ["an error with a code", coded, "the hook threw TypeError ERR_JWT_EXPIRED"],
    [
      "a failure of this library",
      new PubsubError("STORAGE_FAILED", TOKEN),
      "the hook threw PubsubError STORAGE_FAILED",
    ],
    ["an error that is named by the token", named, "the hook threw a value of type object"],
    ["text", TOKEN, "the hook threw a value of type string"],
    ["nothing", undefined, "the hook threw a value of type undefined"],
  ])(
    "leaves a request undecided if the hook throws %s, and does not log the message",
    async (_, thrown, reason) => {
      const hook = throwing(thrown);
      expect(await decide(hook)).toEqual(ended("undecided", reason));
      expect(await decide(async (given) => hook(given))).toEqual(ended("undecided", reason));
    },
  );

  it("leaves a request undecided if the hook does not return in time, and handles a later rejection", async () => {
    const { promise, reject } = Promise.withResolvers<boolean>();
    const { verdict, told } = await decide(() => promise, 20);
    expect({ verdict, told }).toEqual(ended("undecided", "the hook did not return within 20 ms"));
    reject(new Error("too late")); // vitest would fail the run if this rejection were unhandled
    await expect(promise).rejects.toThrow("too late");
    expect(told).toHaveLength(1);
  });
});
