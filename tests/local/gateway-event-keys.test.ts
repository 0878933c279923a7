/**
 * The keys of the events of a WebSocket API, as AWS sends them. They are those of the events that Powertools for AWS
 * Lambda recorded (tests/events/apiGatewayWebSocketApiConnect.json, …Message.json and …Disconnect.json of
 * https://github.com/aws-powertools/powertools-lambda-python), of a client that sent no `User-Agent`.
 */
import { expect, test } from "vitest";
import { connectClient, gatewayForTest } from "./gateway-support.ts";

const CONTEXT = [
  "apiId",
  "connectedAt",
  "connectionId",
  "domainName",
  "eventType",
  "extendedRequestId",
  "identity",
  "messageDirection",
  "requestId",
  "requestTime",
  "requestTimeEpoch",
  "routeKey",
  "stage",
];
const CONNECT_HEADERS = [
  "Host",
  "Sec-WebSocket-Extensions",
  "Sec-WebSocket-Key",
  "Sec-WebSocket-Version",
  "X-Amzn-Trace-Id",
  "X-Forwarded-For",
  "X-Forwarded-Port",
  "X-Forwarded-Proto",
];
const DISCONNECT_HEADERS = ["Host", "X-Forwarded-For", "x-api-key", "x-restapi"];

const keysOf = (value: object | undefined): string[] => Object.keys(value ?? {}).sort();

test("the event of $connect has exactly the keys of AWS's", async () => {
  const gateway = await gatewayForTest();
  await connectClient(gateway);
  const event = await gateway.connects.next("$connect");
  expect(keysOf(event)).toEqual(["headers", "isBase64Encoded", "multiValueHeaders", "requestContext"]);
  expect(keysOf(event.requestContext)).toEqual(CONTEXT);
  expect(keysOf(event.requestContext.identity)).toEqual(["sourceIp"]);
  expect(keysOf(event.headers)).toEqual(CONNECT_HEADERS);
  expect(keysOf(event.multiValueHeaders)).toEqual(CONNECT_HEADERS);
  expect(event.headers?.["X-Amzn-Trace-Id"]).toMatch(/^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
});

test("the event of $connect has also the query, the user agent and the subprotocols that the client sent", async () => {
  const gateway = await gatewayForTest({
    invoke: async () => ({ statusCode: 200, headers: { "Sec-WebSocket-Protocol": "a" } }),
  });
  const headers = { "User-Agent": "test/1" };
  await connectClient(gateway, { path: "/?x=1", protocols: ["a", "b"], client: { headers } });
  const event = await gateway.connects.next("$connect");
  expect(keysOf(event)).toEqual([
    "headers",
    "isBase64Encoded",
    "multiValueHeaders",
    "multiValueQueryStringParameters",
    "queryStringParameters",
    "requestContext",
  ]);
  expect(event.requestContext.identity).toEqual({ sourceIp: "127.0.0.1", userAgent: "test/1" });
  expect(event.headers?.["Sec-WebSocket-Protocol"]?.split(/, ?/)).toEqual(["a", "b"]);
});

test("the event of a message has exactly the keys of AWS's", async () => {
  const gateway = await gatewayForTest();
  const { socket } = await connectClient(gateway);
  socket.send("hello");
  const event = await gateway.messages.next("message");
  expect(keysOf(event)).toEqual(["body", "isBase64Encoded", "requestContext"]);
  expect(keysOf(event.requestContext)).toEqual([...CONTEXT, "messageId"].sort());
});

test("the event of $disconnect has exactly the keys of AWS's", async () => {
  const gateway = await gatewayForTest();
  const { socket } = await connectClient(gateway);
  socket.close();
  const event = await gateway.disconnects.next("$disconnect");
  expect(keysOf(event)).toEqual(["headers", "isBase64Encoded", "multiValueHeaders", "requestContext"]);
  expect(keysOf(event.requestContext)).toEqual(
    [...CONTEXT, "disconnectReason", "disconnectStatusCode"].sort(),
  );
  expect(keysOf(event.headers)).toEqual(DISCONNECT_HEADERS);
  expect(keysOf(event.multiValueHeaders)).toEqual(DISCONNECT_HEADERS);
  expect(event.headers).toMatchObject({ "X-Forwarded-For": "", "x-api-key": "", "x-restapi": "" });
  expect(event.requestContext).toMatchObject({
    disconnectStatusCode: 1005,
    disconnectReason: "Client-side close frame status not set",
  });
});
