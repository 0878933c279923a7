/** The parts of Lambda's events that this library reads, so that callers can pass events of any type. */
import type { EventWithConnection } from "../core/consumer.ts";

export interface WebsocketEvent extends EventWithConnection {
  requestContext: EventWithConnection["requestContext"] & {
    eventType?: string | undefined;
    routeKey?: string | undefined;
  };
  /** The headers of the handshake, only with CONNECT. Their names are as the client wrote them. */
  headers?: Readonly<Record<string, string | undefined>> | null | undefined;
  queryStringParameters?: Readonly<Record<string, string | undefined>> | null | undefined;
  body?: string | null | undefined;
  isBase64Encoded?: boolean | undefined;
}

export interface WebsocketResult {
  statusCode: number;
}

export type { Context as LambdaContext, SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
