/**
 * Which route gets a message, by the selection expression `$request.body.action`. The sources:
 *
 * - [routes] https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
 * - [messages] https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-routes-integrations.html
 * - [forbidden] https://github.com/aws-samples/simple-websockets-chat-app/issues/24
 *
 * "undocumented": AWS does not say. The handlers must not rely on it, and tests/integration/publish-route.test.ts checks
 * that they do not.
 */
import { describe, expect, test } from "vitest";
import { connectClient, gatewayForTest } from "./gateway-support.ts";

const ROUTES = ["$default", "PUBLISH", "5"];

describe("route selection", () => {
  test.each([
    ["a body whose action is the key", '{"action":"PUBLISH","topicId":"t"}', "PUBLISH", "routes"],
    ["a body with white space", ' \n{ "topicId": "t", "action" : "PUBLISH" }\t', "PUBLISH", "routes"],
    ["an action that JSON writes with an escape", '{"action":"\\u0050UBLISH"}', "PUBLISH", "routes"],
    ["an action that fits no route", '{"action":"SUBSCRIBE"}', "$default", "routes"],
    ["an action in other letters", '{"action":"publish"}', "$default", "routes: exactly matches"],
    ["an action with a space", '{"action":"PUBLISH "}', "$default", "routes: exactly matches"],
    ["an empty action", '{"action":""}', "$default", "routes"],
    ["no action", '{"topicId":"PUBLISH"}', "$default", "routes: a missing path is the empty string"],
    ["an action one level deeper", '{"data":{"action":"PUBLISH"}}', "$default", "routes"],
    ["an action in the prototype", '{"__proto__":{"action":"PUBLISH"}}', "$default", "routes"],
    ["a list with the key", '{"action":["PUBLISH"]}', "$default", 'routes: it becomes "[PUBLISH]"'],
    ["an object", '{"action":{"PUBLISH":1}}', "$default", "routes: stringified"],
    ["null", '{"action":null}', "$default", "routes: stringified"],
    ["a string in place of an object", '"PUBLISH"', "$default", "routes: the path is not found"],
    ["a list in place of an object", '["PUBLISH"]', "$default", "routes: the path is not found"],
    ["text that is not JSON", "PUBLISH", "$default", "messages: non-JSON goes to $default"],
    ["JSON that is cut off", '{"action":"PUBLISH"', "$default", "messages: non-JSON goes to $default"],
    ["an empty message", "", "$default", "messages: non-JSON goes to $default"],
    ["the key of $connect", '{"action":"$connect"}', "$default", "undocumented"],
    ["the key of $disconnect", '{"action":"$disconnect"}', "$default", "undocumented"],
    ["the key of $default", '{"action":"$default"}', "$default", "routes"],
    ["two actions, the last the key", '{"action":"PING","action":"PUBLISH"}', "PUBLISH", "undocumented"],
    ["two actions, the first the key", '{"action":"PUBLISH","action":"PING"}', "$default", "undocumented"],
  ])("passes %s to the route that AWS selects: %s → %s (%s)", async (_, body, routeKey) => {
    const gateway = await gatewayForTest({ routes: ROUTES });
    const { socket, connectionId } = await connectClient(gateway);
    socket.send(body);
    expect(await gateway.messages.next("message")).toMatchObject({
      body,
      isBase64Encoded: false,
      requestContext: { routeKey, eventType: "MESSAGE", connectionId },
    });
  });

  // AWS closes the connection of a client that sends binary, unless the API converts it. Undocumented
  test("passes a binary message with the key to $default", async () => {
    const gateway = await gatewayForTest({ routes: ROUTES });
    const { socket } = await connectClient(gateway);
    socket.send(Buffer.from('{"action":"PUBLISH"}'));
    const { isBase64Encoded, requestContext } = await gateway.messages.next("message");
    expect(isBase64Encoded).toBe(true);
    expect(requestContext.routeKey).toBe("$default");
  });

  test("passes the key to $default if the API has no such route", async () => {
    const gateway = await gatewayForTest();
    const { socket } = await connectClient(gateway);
    socket.send('{"action":"PUBLISH"}');
    expect((await gateway.messages.next("message")).requestContext.routeKey).toBe("$default");
  });

  // [forbidden] has the text
  test("returns Forbidden to a message that fits no route of an API without $default, and invokes nothing", async () => {
    const gateway = await gatewayForTest({ routes: ["PUBLISH"] });
    const { socket, connectionId, frames } = await connectClient(gateway);
    for (const body of ['{"action":"PING"}', "text", '{"action":"PUBLISH"}']) socket.send(body);
    for (const frame of ["first", "second"]) {
      expect(JSON.parse((await frames.next(frame)).text)).toEqual({
        message: "Forbidden",
        connectionId,
        requestId: expect.stringMatching(/=$/),
      });
    }
    await gateway.messages.next("the message of the route");
    expect(gateway.messages.all.map(({ requestContext }) => requestContext.routeKey)).toEqual(["PUBLISH"]);
  });

  test("names the route of a message whose integration failed in the log", async () => {
    const gateway = await gatewayForTest({
      routes: ROUTES,
      invoke: async ({ requestContext: { eventType } }) => ({
        statusCode: eventType === "MESSAGE" ? "none" : 200,
      }),
    });
    const { socket, frames } = await connectClient(gateway);
    socket.send('{"action":"PUBLISH"}');
    expect((await frames.next("error frame")).text).toContain("Internal server error");
    expect(gateway.logs).toContainEqual(
      expect.objectContaining({
        level: "warn",
        routeKey: "PUBLISH",
        message: expect.stringMatching(/^PUBLISH: .*the client was sent "Internal server error"$/),
      }),
    );
  });
});
