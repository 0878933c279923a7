/**
 * The parts of Lambda's events that this library reads or hands on. Every field is optional, so that callers can pass
 * events of any type: those of `@types/aws-lambda`, of Powertools, or of a test.
 */
import type { EventWithConnection } from "../core/consumer.ts";

type Texts = Readonly<Record<string, string | undefined>>;
type Lists = Readonly<Record<string, readonly string[] | undefined>>;

/**
 * The event of a WebSocket API. `headers` and the query are only in a CONNECT, `body` only in a MESSAGE; a DISCONNECT has
 * four headers of API Gateway's own. Header names are as the client wrote them, or in lower case.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
 */
export interface WebsocketEvent extends EventWithConnection {
  requestContext: EventWithConnection["requestContext"] & WebsocketRequestContext;
  /** The last value of each header. */
  headers?: Texts | null | undefined;
  /** Every value of each header. */
  multiValueHeaders?: Lists | null | undefined;
  /** The last value of each parameter. */
  queryStringParameters?: Texts | null | undefined;
  multiValueQueryStringParameters?: Lists | null | undefined;
  /** Only if the stage has variables. */
  stageVariables?: Texts | null | undefined;
  body?: string | null | undefined;
  isBase64Encoded?: boolean | undefined;
}

export interface WebsocketRequestContext {
  /** `$connect`, `$disconnect`, `$default`, or the key of a route. */
  routeKey?: string | undefined;
  /** `CONNECT`, `MESSAGE` or `DISCONNECT`. */
  eventType?: string | undefined;
  /** Always `IN`. */
  messageDirection?: string | null | undefined;
  /** Only of a MESSAGE. */
  messageId?: string | null | undefined;
  /** Only of a DISCONNECT: the code of the WebSocket's close frame, 1005 for none, 1006 for a broken connection. */
  disconnectStatusCode?: number | null | undefined;
  /** Only of a DISCONNECT. */
  disconnectReason?: string | null | undefined;
  /** Milliseconds since 1970. */
  connectedAt?: number | undefined;
  requestId?: string | undefined;
  extendedRequestId?: string | undefined;
  /** Such as `23/Nov/2026:12:22:38 +0000`. */
  requestTime?: string | undefined;
  /** Milliseconds since 1970. */
  requestTimeEpoch?: number | undefined;
  apiId?: string | undefined;
  /**
   * What a Lambda authorizer of `$connect` returned: `principalId`, and its `context`. In the events of all routes, and
   * absent without an authorizer.
   * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
   */
  authorizer?: Readonly<Record<string, unknown>> | null | undefined;
  /** Of the client. `userAgent` is absent if the client sent none. */
  identity?: WebsocketIdentity | null | undefined;
}

export interface WebsocketIdentity {
  sourceIp?: string | null | undefined;
  userAgent?: string | null | undefined;
}

export interface WebsocketResult {
  statusCode: number;
  /** Only of a CONNECT: `Sec-WebSocket-Protocol`, if a subprotocol was chosen. */
  headers?: Record<string, string>;
}

export type { Context as LambdaContext, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
