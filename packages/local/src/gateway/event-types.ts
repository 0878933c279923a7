/**
 * The event that API Gateway passes to a Lambda proxy integration of a WebSocket API without an authorizer and stage variables.
 * `@types/aws-lambda` leaves out the headers, the identity and the reason of a disconnect. The keys are those of recorded
 * events: https://github.com/aws-powertools/powertools-lambda-python/tree/develop/tests/events (apiGatewayWebSocketApi*)
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
 */
export interface WebsocketEvent {
  headers?: Record<string, string>;
  multiValueHeaders?: Record<string, string[]>;
  queryStringParameters?: Record<string, string>;
  multiValueQueryStringParameters?: Record<string, string[]>;
  requestContext: WebsocketRequestContext;
  body?: string;
  isBase64Encoded: boolean;
}

export interface WebsocketRequestContext {
  /** `$connect`, `$disconnect`, `$default`, or the key of a route of its own. */
  routeKey: string;
  eventType: "CONNECT" | "DISCONNECT" | "MESSAGE";
  messageDirection: "IN";
  /** Present only on a MESSAGE. */
  messageId?: string;
  /** Present only on a DISCONNECT: the WebSocket close code; 1005 without a code, 1006 if the connection broke. */
  disconnectStatusCode?: number;
  disconnectReason?: string;
  connectionId: string;
  connectedAt: number;
  requestId: string;
  extendedRequestId: string;
  /** For example `23/Nov/2026:12:22:38 +0000`. */
  requestTime: string;
  requestTimeEpoch: number;
  domainName: string;
  stage: string;
  apiId: string;
  identity: { sourceIp: string; userAgent?: string };
}
