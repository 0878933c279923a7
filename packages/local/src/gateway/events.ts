import type { IncomingMessage } from "node:http";
import type { WebsocketEvent, WebsocketRequestContext } from "./event-types.ts";
import { createRequestId, createTraceId } from "./ids.ts";
import { collectPairs, lastOfEach } from "./pairs.ts";

/** The facts about a connection that are known from its handshake on. */
export interface ConnectionInfo {
  connectionId: string;
  connectedAtMs: number;
  sourceIp: string;
  userAgent: string | undefined;
}

/** What a client sent. */
export interface ClientMessage {
  data: Buffer;
  isBinary: boolean;
}

export interface WebsocketEvents {
  connect(info: ConnectionInfo, request: IncomingMessage): WebsocketEvent;
  message(info: ConnectionInfo, message: ClientMessage, routeKey: string): WebsocketEvent;
  disconnect(info: ConnectionInfo, statusCode: number, reason: string): WebsocketEvent;
}

export function createWebsocketEvents(api: { domainName: string; stage: string }): WebsocketEvents {
  function context(
    info: ConnectionInfo,
    route: Pick<WebsocketRequestContext, "routeKey" | "eventType">,
  ): WebsocketRequestContext {
    const now = new Date();
    const requestId = createRequestId();
    return {
      ...route,
      messageDirection: "IN",
      connectionId: info.connectionId,
      connectedAt: info.connectedAtMs,
      requestId,
      extendedRequestId: requestId,
      requestTime: formatRequestTime(now),
      requestTimeEpoch: now.getTime(),
      domainName: api.domainName,
      stage: api.stage,
      apiId: "local",
      identity: {
        sourceIp: info.sourceIp,
        ...(info.userAgent === undefined ? {} : { userAgent: info.userAgent }),
      },
    };
  }

  return {
    connect(info, request) {
      const query = queryOf(request);
      return {
        ...headersOf(connectHeaders(request, info, api.domainName)),
        ...(query.length === 0
          ? {}
          : {
              queryStringParameters: lastOfEach(query),
              multiValueQueryStringParameters: collectPairs(query),
            }),
        requestContext: context(info, { routeKey: "$connect", eventType: "CONNECT" }),
        isBase64Encoded: false,
      };
    },
    message(info, { data, isBinary }, routeKey) {
      return {
        requestContext: {
          ...context(info, { routeKey, eventType: "MESSAGE" }),
          messageId: createRequestId(),
        },
        body: data.toString(isBinary ? "base64" : "utf8"),
        isBase64Encoded: isBinary,
      };
    },
    disconnect(info, statusCode, reason) {
      return {
        ...headersOf([
          ["Host", api.domainName],
          ["x-api-key", ""],
          ["X-Forwarded-For", ""],
          ["x-restapi", ""],
        ]),
        requestContext: {
          ...context(info, { routeKey: "$disconnect", eventType: "DISCONNECT" }),
          disconnectStatusCode: statusCode,
          disconnectReason: reason,
        },
        isBase64Encoded: false,
      };
    },
  };
}

/** Removes the hop-by-hop headers, which never reach an integration, and adds API Gateway's `X-Forwarded` headers. */
function connectHeaders(
  request: IncomingMessage,
  info: ConnectionInfo,
  domainName: string,
): [string, string][] {
  const headers: [string, string][] = [];
  for (let at = 0; at + 1 < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at] ?? "";
    if (/^(connection|upgrade|host)$/i.test(name)) continue;
    headers.push([name, request.rawHeaders[at + 1] ?? ""]);
  }
  return [
    ["Host", domainName],
    ...headers,
    ["X-Amzn-Trace-Id", createTraceId(info.connectedAtMs)],
    ["X-Forwarded-For", info.sourceIp],
    ["X-Forwarded-Port", domainName.slice(domainName.lastIndexOf(":") + 1)],
    ["X-Forwarded-Proto", "http"],
  ];
}

function headersOf(
  pairs: [string, string][],
): Required<Pick<WebsocketEvent, "headers" | "multiValueHeaders">> {
  return { headers: lastOfEach(pairs), multiValueHeaders: collectPairs(pairs) };
}

function queryOf(request: IncomingMessage): [string, string][] {
  const url = request.url ?? "/";
  const queryAt = url.indexOf("?");
  return queryAt < 0 ? [] : [...new URLSearchParams(url.slice(queryAt + 1))];
}

function formatRequestTime(date: Date): string {
  const [, day, month, year, time] = date.toUTCString().split(" ");
  return `${day}/${month}/${year}:${time} +0000`;
}
