import { describe, expect, it } from "vitest";
import { PubsubError } from "../../../packages/pubsub/src/core/errors.ts";
import type { PipelineEvent } from "../../../packages/pubsub/src/core/pipeline-events.ts";
import type { Grant } from "../../../packages/pubsub/src/core/subscriptions/grant.ts";
import {
  type Access,
  type Authorize,
  type AuthorizeRequest,
  decideAccess,
  type Verdict,
} from "../../../packages/pubsub/src/handlers/authorize.ts";
import { noUser } from "../../../packages/pubsub/src/handlers/connection-user.ts";
import { consumerOf } from "../../support/samples.ts";

const TOKEN = "secret-token-1";
const consumer = consumerOf("client=");
const event = { requestContext: { connectionId: "client=" }, body: `{"token":"${TOKEN}"}` };
const request: AuthorizeRequest = {
  action: "SUBSCRIBE",
  topicId: "room",
  token: TOKEN,
  consumer,
  user: noUser,
  event,
};

const NOW_MS = 1_800_000_000_000;
const NOW = NOW_MS / 1_000;

async function decide(
  authorize: Authorize | "everybody",
  timeoutMs = 5_000,
): Promise<{ verdict: Verdict; told: PipelineEvent[] }> {
  const { verdict, told } = await decideFully(authorize, timeoutMs);
  return { verdict, told };
}

async function decideFully(
  authorize: Authorize | "everybody",
  timeoutMs = 5_000,
  action: AuthorizeRequest["action"] = "SUBSCRIBE",
): Promise<Access & { told: PipelineEvent[] }> {
  const told: PipelineEvent[] = [];
  const observe = (line: PipelineEvent): void => void told.push(line);
  const gate = { authorize, timeoutMs, observe, now: () => NOW_MS };
  return { ...(await decideAccess(gate, { ...request, action })), told };
}

const EVENTS = { allowed: "access-allowed", denied: "access-denied", undecided: "authorize-failed" } as const;

/** Returns the verdict and the line about it. */
const ended = (verdict: Verdict, reason: string): { verdict: Verdict; told: PipelineEvent[] } => {
  const event = EVENTS[verdict];
  return { verdict, told: [{ event, action: "SUBSCRIBE", topicId: "room", consumer, reason }] };
};

describe("decideAccess", () => {
  it("allows every request and logs nothing if everybody is allowed", async () => {
    expect(await decide("everybody")).toEqual({ verdict: "allowed", told: [] });
  });

  it("passes the whole request to the hook", async () => {
    const asked: AuthorizeRequest[] = [];
    await decide((given) => asked.push(given) > 0);
    expect(asked).toEqual([request]);
  });

  it.each<[string, Authorize, string]>([
    ["true", () => true, "the hook returned true"],
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
    // It used to allow: a hook that forgot its `return` let everybody read everything
    ["returns nothing", (() => undefined) as unknown as Authorize, "the hook returned nothing"],
    ["returns nothing, later", (async () => {}) as unknown as Authorize, "the hook returned nothing"],
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
      { allow: true, untill: NOW + 5 },
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

  it.each<[string, object, Grant]>([
    ["true", { allow: true }, { decidedAtMs: NOW_MS }],
    ["until in seconds", { allow: true, until: NOW + 60 }, { expiresAtSeconds: NOW + 60 }],
    ["until as a Date", { allow: true, until: new Date(NOW_MS + 60_999) }, { expiresAtSeconds: NOW + 60 }],
    ["a user", { allow: true, userId: "user-7" }, { userId: "user-7" }],
    ["what others see of the user", { allow: true, info: { name: "Ada" } }, { info: '{"name":"Ada"}' }],
    ["when it was issued", { allow: true, issuedAt: NOW - 60 }, { issuedAtMs: NOW_MS - 60_000 }],
    ["an issue in the future, as now", { allow: true, issuedAt: NOW + 4 }, { issuedAtMs: NOW_MS }],
    [
      "fields that are undefined",
      { allow: true, until: undefined, userId: undefined, issuedAt: undefined },
      {},
    ],
  ])("returns the terms of a grant: %s", async (_, granted, terms) => {
    const { verdict, grant } = await decideFully(() => granted as { allow: true });
    expect({ verdict, grant }).toEqual({ verdict: "allowed", grant: { decidedAtMs: NOW_MS, ...terms } });
  });

  it("dates a decision to before the hook was called, so that a revocation during the call wins", async () => {
    let nowMs = NOW_MS;
    const authorize = (): true => {
      nowMs += 3_000;
      return true;
    };
    const gate = { authorize, timeoutMs: 5_000, observe: () => {}, now: () => nowMs };
    expect((await decideAccess(gate, request)).grant).toEqual({ decidedAtMs: NOW_MS });
  });

  it.each<[string, object, string]>([
    ["ended a second ago", { until: NOW - 1 }, "until a time that has passed"],
    ["ends now", { until: new Date(NOW_MS) }, "until a time that has passed"],
    ["ends within this second", { until: new Date(NOW_MS + 999) }, "until a time that has passed"],
    ["was issued more than 24 hours ago", { issuedAt: NOW - 86_401 }, ", issued more than 24 hours ago"],
  ])("denies a SUBSCRIBE if the grant %s", async (_, terms, why) => {
    const { verdict, told } = await decide(() => ({ allow: true, ...terms }));
    const join = why.startsWith(",") ? why : ` ${why}`;
    expect({ verdict, told }).toEqual(ended("denied", `the hook returned allow: true${join}`));
  });

  it.each<[string, object, string]>([
    // It would end in the year 58,000
    ["milliseconds", { until: NOW_MS }, "until"],
    ["text", { until: "tomorrow" }, "until"],
    ["an invalid Date", { until: new Date("tomorrow") }, "until"],
    ["NaN", { until: Number.NaN }, "until"],
    ["null", { until: null }, "until"],
    ["a negative time", { until: -1 }, "until"],
    ["milliseconds since issue", { issuedAt: NOW_MS }, "issuedAt"],
    ["an empty user", { userId: "" }, "userId"],
    ["a user that is no text", { userId: 7 }, "userId"],
    ["info that is not JSON", { info: () => 1 }, "info"],
    ["info of 1,025 bytes", { info: "x".repeat(1_023) }, "info"],
  ])("leaves a SUBSCRIBE undecided if the grant has %s", async (_, terms, name) => {
    const { verdict, told } = await decide(() => ({ allow: true, ...terms }) as { allow: true });
    const reason = `the hook returned allow: true with an invalid ${name}`;
    expect({ verdict, told }).toEqual(ended("undecided", reason));
  });

  it.each([
    ["until", { until: NOW + 5 }],
    ["info", { info: "Ada" }],
    ["issuedAt", { issuedAt: NOW }],
  ])(
    "leaves a CONNECT undecided if the grant has %s without a user, because a connection would not keep it",
    async (name, terms) => {
      const { verdict, told } = await decideFully(() => ({ allow: true, ...terms }), 5_000, "CONNECT");
      const reason = `the hook returned allow: true with ${name}, which a CONNECT without a userId cannot have`;
      expect({ verdict, told }).toMatchObject({ verdict: "undecided", told: [{ reason }] });
    },
  );

  it("returns the terms of a CONNECT with a user, and its subprotocol", async () => {
    const terms = { userId: "user-7", info: "Ada", until: NOW + 60, issuedAt: NOW - 60 };
    const granted = { allow: true, subprotocol: "chat.v2", ...terms };
    const { verdict, grant, subprotocol } = await decideFully(() => granted, 5_000, "CONNECT");
    expect({ verdict, grant, subprotocol }).toEqual({
      verdict: "allowed",
      subprotocol: "chat.v2",
      grant: {
        decidedAtMs: NOW_MS,
        userId: "user-7",
        info: '"Ada"',
        expiresAtSeconds: NOW + 60,
        issuedAtMs: NOW_MS - 60_000,
      },
    });
  });

  it.each([
    ["denies", "until a time that has passed", { until: NOW - 1 }, "denied"],
    ["leaves undecided", "with an invalid info", { info: () => 1 }, "undecided"],
  ])("%s a CONNECT with a user and terms that do not hold: %s", async (_, why, terms, verdict) => {
    const decided = await decideFully(() => ({ allow: true, userId: "u", ...terms }), 5_000, "CONNECT");
    const reason = `the hook returned allow: true ${why}`;
    expect(decided).toMatchObject({ verdict, told: [{ reason }] });
  });

  it("leaves a request undecided if the hook does not return in time, and handles a later rejection", async () => {
    const { promise, reject } = Promise.withResolvers<boolean>();
    const { verdict, told } = await decide(() => promise, 20);
    expect({ verdict, told }).toEqual(ended("undecided", "the hook did not return within 20 ms"));
    reject(new Error("too late")); // vitest would fail the run if this rejection were unhandled
    await expect(promise).rejects.toThrow("too late");
    expect(told).toHaveLength(1);
  });
});
