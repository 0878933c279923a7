import { describe, expect, it } from "vitest";
import { PubsubError } from "../../../packages/pubsub/src/core/errors.ts";
import type { PipelineEvent } from "../../../packages/pubsub/src/core/pipeline-events.ts";
import {
  type Authorize,
  type AuthorizeRequest,
  isAuthorized,
} from "../../../packages/pubsub/src/handlers/authorize.ts";
import { consumerOf } from "../../support/samples.ts";

const TOKEN = "secret-token-1";
const consumer = consumerOf("client=");
const event = { requestContext: { connectionId: "client=" }, body: `{"token":"${TOKEN}"}` };
const request: AuthorizeRequest = { action: "SUBSCRIBE", topicId: "room", token: TOKEN, consumer, event };

async function decide(
  authorize: Authorize | undefined,
  timeoutMs = 5_000,
): Promise<{ allowed: boolean; told: PipelineEvent[] }> {
  const told: PipelineEvent[] = [];
  const observe = (line: PipelineEvent): void => void told.push(line);
  return { allowed: await isAuthorized({ authorize, timeoutMs, observe }, request), told };
}

const line = (event: "access-allowed" | "access-denied", reason: string): PipelineEvent => {
  return { event, action: "SUBSCRIBE", topicId: "room", consumer, reason };
};

describe("isAuthorized", () => {
  it("allows every request and logs nothing without a hook", async () => {
    expect(await decide(undefined)).toEqual({ allowed: true, told: [] });
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
    expect(await decide(authorize)).toEqual({ allowed: true, told: [line("access-allowed", reason)] });
  });

  it.each<[string, unknown, string]>([
    ["false", false, "the hook returned false"],
    ["null", null, "the hook returned a value of type object"],
    ["0", 0, "the hook returned a value of type number"],
    ["a policy", { Effect: "Deny" }, "the hook returned a value of type object"],
    ["an object that denies", { allow: false }, "the hook returned allow: false"],
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
  ])("denies a request if the hook returns %s", async (_, answer, reason) => {
    const denied = { allowed: false, told: [line("access-denied", reason)] };
    expect(await decide((() => answer) as Authorize)).toEqual(denied);
    expect(await decide((async () => answer) as Authorize)).toEqual(denied);
  });

  const coded = Object.assign(new TypeError(`bad ${TOKEN}`), { code: "ERR_JWT_EXPIRED" });
  const named = Object.assign(new Error("m"), { name: TOKEN, code: TOKEN });
  it.each<[string, unknown, string]>([
    ["an error", new Error(`no such token: ${TOKEN}`), "the hook threw Error"],
    ["an error with a code", coded, "the hook threw TypeError ERR_JWT_EXPIRED"],
    [
      "an error of this library",
      new PubsubError("TOKEN_EXPIRED", TOKEN),
      "the hook threw PubsubError TOKEN_EXPIRED",
    ],
    ["an error that is named by the token", named, "the hook threw a value of type object"],
    ["text", TOKEN, "the hook threw a value of type string"],
    ["nothing", undefined, "the hook threw a value of type undefined"],
  ])("denies a request if the hook throws %s, and does not log the message", async (_, thrown, reason) => {
    const denied = { allowed: false, told: [line("access-denied", reason)] };
    const hook: Authorize = () => {
      throw thrown;
    };
    expect(await decide(hook)).toEqual(denied);
    expect(await decide(async (given) => hook(given))).toEqual(denied);
  });

  it("denies a request if the hook does not return in time, and handles a later rejection", async () => {
    const { promise, reject } = Promise.withResolvers<boolean>();
    const { allowed, told } = await decide(() => promise, 20);
    expect([allowed, told]).toEqual([false, [line("access-denied", "the hook did not return within 20 ms")]]);
    reject(new Error("too late")); // vitest would fail the run if this rejection were unhandled
    await expect(promise).rejects.toThrow("too late");
    expect(told).toHaveLength(1);
  });
});
