/** What compiles: handlers and events of `@types/aws-lambda` with those of the library, in both directions. */
import type {
  APIGatewayEventWebsocketRequestContextV2,
  APIGatewayProxyEvent,
  APIGatewayProxyHandler,
  APIGatewayProxyWebsocketEventV2,
  APIGatewayProxyWebsocketEventV2WithRequestContext,
  APIGatewayProxyWebsocketHandlerV2,
  Context,
  Handler,
  SQSBatchResponse,
  SQSEvent,
  SQSHandler,
} from "aws-lambda";
import { expectTypeOf, it } from "vitest";
import type { WebsocketEvent as LocalEvent } from "../../../packages/local/src/gateway/index.ts";
import type {
  Authorize,
  createFanoutHandler,
  createWebsocketHandler,
  WebsocketEvent,
  WebsocketResult,
} from "../../../packages/pubsub/src/handlers/index.ts";
import { extractConsumerFromApiGatewayEvent } from "../../../packages/pubsub/src/index.ts";

type WebsocketHandler = ReturnType<typeof createWebsocketHandler>;
type FanoutHandler = ReturnType<typeof createFanoutHandler>;
const typesOnly = (check: () => void): void => void check;

declare const websocket: WebsocketHandler;
declare const fanout: FanoutHandler;
declare const context: Context;

it("the websocket handler is a handler of `@types/aws-lambda`", () => {
  expectTypeOf<WebsocketHandler>().toExtend<APIGatewayProxyWebsocketHandlerV2>();
  expectTypeOf<WebsocketHandler>().toExtend<Handler<APIGatewayProxyWebsocketEventV2, WebsocketResult>>();
  expectTypeOf<WebsocketHandler>().toExtend<Handler>();
  typesOnly(() => {
    const own: APIGatewayProxyWebsocketHandlerV2 = async (event, lambda) => websocket(event, lambda);
    void own;
  });
});

it("the fan-out handler is a handler of `@types/aws-lambda`", () => {
  expectTypeOf<FanoutHandler>().toExtend<SQSHandler>();
  expectTypeOf<FanoutHandler>().toExtend<Handler<SQSEvent, SQSBatchResponse>>();
  typesOnly(() => {
    const own: SQSHandler = async (event, lambda) => fanout(event, lambda);
    void own;
  });
});

it("a handler of the user's with the same result takes the place of the library's", () => {
  expectTypeOf<(event: WebsocketEvent) => Promise<{ statusCode: number }>>().toExtend<WebsocketHandler>();
  expectTypeOf<(event: SQSEvent) => Promise<SQSBatchResponse>>().toExtend<FanoutHandler>();
});

it("the websocket handler accepts the events of `@types/aws-lambda`, with and without an authorizer", () => {
  type WithAuthorizer = APIGatewayProxyWebsocketEventV2WithRequestContext<
    APIGatewayEventWebsocketRequestContextV2 & {
      authorizer: { principalId: string; tenant: number };
      identity: { sourceIp: string };
    }
  >;
  expectTypeOf<APIGatewayProxyWebsocketEventV2>().toExtend<WebsocketEvent>();
  expectTypeOf<WithAuthorizer>().toExtend<WebsocketEvent>();
  expectTypeOf<APIGatewayProxyEvent>().toExtend<WebsocketEvent>();
  expectTypeOf<LocalEvent>().toExtend<WebsocketEvent>();
  typesOnly(() => {
    const rest: APIGatewayProxyHandler = async (event) => ({
      ...(await websocket(event, context)),
      body: "",
    });
    const consumer = (event: APIGatewayProxyWebsocketEventV2) =>
      extractConsumerFromApiGatewayEvent({ event });
    void rest;
    void consumer;
  });
});

it("an `authorize` hook reads the authorizer, the identity and the headers of the event", () => {
  const authorize: Authorize = ({ event: { requestContext, headers, multiValueHeaders } }) => {
    expectTypeOf(requestContext.authorizer?.principalId).toBeUnknown();
    expectTypeOf(requestContext.identity?.sourceIp).toEqualTypeOf<string | null | undefined>();
    expectTypeOf(requestContext.identity?.userAgent).toEqualTypeOf<string | null | undefined>();
    expectTypeOf(requestContext.disconnectStatusCode).toEqualTypeOf<number | null | undefined>();
    expectTypeOf(headers?.Origin).toEqualTypeOf<string | undefined>();
    expectTypeOf(multiValueHeaders?.Cookie).toEqualTypeOf<readonly string[] | undefined>();
    return requestContext.authorizer?.principalId === "ada";
  };
  void authorize;
});
