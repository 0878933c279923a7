import { describe, expect, it } from "vitest";
import type { PipelineEvent } from "../../../packages/pubsub/src/core/pipeline-events.ts";
import type { Authorize } from "../../../packages/pubsub/src/handlers/authorize.ts";
import { connect } from "../../../packages/pubsub/src/handlers/connect.ts";
import type { WebsocketEvent, WebsocketResult } from "../../../packages/pubsub/src/handlers/lambda-types.ts";
import {
  offeredSubprotocols,
  type SubprotocolOption,
} from "../../../packages/pubsub/src/handlers/subprotocol.ts";
import { createTestContext } from "../../support/fanout-context.ts";
import { consumerOf } from "../../support/samples.ts";

const SECRET = "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl";
const consumer = consumerOf("c=");
const offering = (...offered: string[]): WebsocketEvent => ({
  requestContext: { ...consumer, eventType: "CONNECT" },
  ...(offered.length > 0 && { headers: { "Sec-WebSocket-Protocol": offered.join(", ") } }),
});

async function connected(
  event: WebsocketEvent,
  { subprotocol = "first", authorize }: { subprotocol?: SubprotocolOption; authorize?: Authorize } = {},
): Promise<{ result: WebsocketResult; observed: PipelineEvent[] }> {
  const observed: PipelineEvent[] = [];
  const observe = (line: PipelineEvent): void => void observed.push(line);
  const gate = { authorize: authorize ?? ("everybody" as const), timeoutMs: 5_000, observe, now: Date.now };
  const settings = { gate, subprotocol, userTopics: "off" } as const;
  return { result: await connect(createTestContext(), settings, consumer, event), observed };
}

const accepted = (name?: string): WebsocketResult =>
  name === undefined ? { statusCode: 200 } : { statusCode: 200, headers: { "Sec-WebSocket-Protocol": name } };

describe("offeredSubprotocols", () => {
  it.each<[string, object, string[]]>([
    ["no header", { headers: { Host: "a" } }, []],
    ["no headers", {}, []],
    ["headers that are null", { headers: null, multiValueHeaders: null }, []],
    ["one header", { headers: { "Sec-WebSocket-Protocol": "a" } }, ["a"]],
    ["a list without spaces", { headers: { "sec-websocket-protocol": "a,b" } }, ["a", "b"]],
    [
      "a list with spaces and empty items",
      { headers: { "SEC-WEBSOCKET-PROTOCOL": " a ,, b, " } },
      ["a", "b"],
    ],
    [
      "several headers, of which the single-value map has the last",
      {
        headers: { "Sec-WebSocket-Protocol": "c" },
        multiValueHeaders: { "sec-websocket-protocol": ["a, b", "c"] },
      },
      ["a", "b", "c"],
    ],
    ["names that are no tokens", { headers: { "Sec-WebSocket-Protocol": "a b, c/d, ü, e=, f" } }, ["f"]],
    [
      "values of other types",
      { headers: "a", multiValueHeaders: { "Sec-WebSocket-Protocol": [1, null, "a"] } },
      ["a"],
    ],
  ])("reads %s", (_, fields, offered) => {
    expect(offeredSubprotocols({ requestContext: {}, ...fields } as WebsocketEvent)).toEqual(offered);
  });
});

describe("a CONNECT", () => {
  it.each<[string, SubprotocolOption, string[], string | undefined]>([
    ["the first that is offered", "first", ["b", "a"], "b"],
    ["none if none is offered", "first", [], undefined],
    ["the first of the list that is offered", ["x", "a", "b"], ["b", "a"], "a"],
    ["none if none of the list is offered", ["x"], ["b", "a"], undefined],
    ["none if none is offered, whatever the list", ["x"], [], undefined],
    ["what the function returns", (offered) => offered.at(-1), ["b", "a"], "a"],
    ["none if the function returns none", () => undefined, ["b", "a"], undefined],
    ["none without a call of the function if none is offered", () => "a", [], undefined],
  ])("returns %s", async (_, subprotocol, offered, name) => {
    const { result, observed } = await connected(offering(...offered), { subprotocol });
    expect([result, observed]).toEqual([accepted(name), []]);
  });

  it("passes the offer and the event to the function", async () => {
    const event = offering("a", "b");
    const given: unknown[] = [];
    await connected(event, { subprotocol: (...both) => void given.push(...both) });
    expect(given).toEqual([["a", "b"], event]);
  });

  it("returns the subprotocol that `authorize` chose, whatever the option says", async () => {
    const authorize: Authorize = async () => ({ allow: true, subprotocol: "b" });
    expect((await connected(offering("a", "b"), { authorize, subprotocol: ["a"] })).result).toEqual(
      accepted("b"),
    );
  });

  it("uses the option if `authorize` allows and chooses none", async () => {
    const authorize: Authorize = () => ({ allow: true });
    expect((await connected(offering("a", "b"), { authorize })).result).toEqual(accepted("a"));
  });

  it("returns 403 without a subprotocol if `authorize` denies", async () => {
    const authorize: Authorize = () => ({ allow: false, subprotocol: "a" });
    const { result, observed } = await connected(offering("a"), { authorize });
    expect(result).toEqual({ statusCode: 403 });
    expect(observed).toMatchObject([{ event: "access-denied", reason: "the hook returned allow: false" }]);
  });

  const failing: [string, object, string][] = [
    [
      "the function chooses one that was not offered",
      { subprotocol: () => `${SECRET}x` },
      "the subprotocol option chose a subprotocol that the client did not offer",
    ],
    [
      "the function returns a promise",
      { subprotocol: async () => SECRET },
      "the subprotocol option chose a subprotocol that the client did not offer",
    ],
    [
      "the function throws",
      {
        subprotocol: () => {
          throw new TypeError(`bad ${SECRET}`);
        },
      },
      "the subprotocol option threw TypeError",
    ],
    [
      "`authorize` chooses one that was not offered",
      { authorize: () => ({ allow: true, subprotocol: "other" }) },
      "the authorize hook chose a subprotocol that the client did not offer",
    ],
  ];
  it.each(failing)("returns 500 and logs why, without a token, if %s", async (_, settings, message) => {
    const { result, observed } = await connected(offering(SECRET), settings);
    expect(result).toEqual({ statusCode: 500 });
    const failure = { event: "background-failure", stage: "choose-subprotocol", error: new Error(message) };
    expect(observed).toContainEqual(failure);
    expect(
      JSON.stringify(observed.map((line) => ("error" in line ? String(line.error) : line))),
    ).not.toContain("eyJ");
  });
});
