import { expect, it } from "vitest";
import {
  createWebsocketHandler,
  type WebsocketHandlerOptions,
} from "../../../packages/pubsub/src/handlers/index.ts";

const config = { dynamodbTableName: "pubsub" };
const create = (options: object): unknown =>
  createWebsocketHandler({ config, authorize: "everybody", ...options } as WebsocketHandlerOptions);

const AUTHORIZE =
  'authorize must be a function that decides who may connect, subscribe and publish, or "everybody"';

it("throws without `authorize`, and says what to write", () => {
  expect(() => createWebsocketHandler({ config } as WebsocketHandlerOptions)).toThrow(
    `${AUTHORIZE}; got undefined`,
  );
});

it.each<[object, string]>([
  [{ maxSubscription: 5 }, "createWebsocketHandler has no option maxSubscription; it has config, authorize,"],
  [{ authorize: "allow" }, `${AUTHORIZE}; got "allow" (string of 5)`],
  [{ authorize: null }, `${AUTHORIZE}; got null`],
  // Both used to let everybody read everything: the first was a hook that an import did not have
  [{ authorize: undefined }, `${AUTHORIZE}; got undefined`],
  [{ maxSubscriptions: 0 }, "maxSubscriptions must be a whole number from 1 to 10000; got 0 (number)"],
  [{ maxSubscriptions: 1.5 }, "maxSubscriptions must be a whole number from 1 to 10000; got 1.5 (number)"],
  [
    { maxSubscriptions: "5" },
    'maxSubscriptions must be a whole number from 1 to 10000; got "5" (string of 1)',
  ],
  [
    { maxMessagesPerSecond: Number.NaN },
    "maxMessagesPerSecond must be a whole number from 1 to 10000; got NaN",
  ],
  [
    { maxMessagesPerSecond: 10_001 },
    "maxMessagesPerSecond must be a whole number from 1 to 10000; got 10001",
  ],
  [
    { subprotocol: "chat" },
    'subprotocol must be "first", an array of subprotocol names, or a function; got "chat" (string of 4)',
  ],
  [
    { subprotocol: [] },
    'subprotocol must be "first", an array of subprotocol names, or a function; got an array of 0',
  ],
  [
    { subprotocol: ["a b"] },
    'subprotocol must be "first", an array of subprotocol names, or a function; got an array of 1',
  ],
  [{ authorizeTimeoutMs: 29_000 }, "authorizeTimeoutMs must be a whole number from 1 to 25000; got 29000"],
])("throws for the invalid option %j", (options, message) => {
  expect(() => create(options)).toThrow(message);
});

it("accepts all of its options, and options other than `authorize` that are undefined", () => {
  const all = {
    authorize: () => true,
    authorizeTimeoutMs: 1,
    maxSubscriptions: 10_000,
    maxMessagesPerSecond: 1,
    subprotocol: ["chat.v2", "chat.v1"],
  };
  for (const subprotocol of ["first", () => undefined])
    expect(create({ subprotocol })).toBeTypeOf("function");
  expect(create(all)).toBeTypeOf("function");
  const { authorize: _, ...others } = all;
  const none = Object.fromEntries(Object.keys(others).map((name) => [name, undefined]));
  expect(create(none)).toBeTypeOf("function");
});
