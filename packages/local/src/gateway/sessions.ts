import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { type Connection, createConnection } from "./connection.ts";
import type { GatewayContext } from "./context.ts";
import { meterMessage, meterSent } from "./counts.ts";
import type { ConnectionInfo } from "./events.ts";
import { createFrameMeter } from "./frame-meter.ts";
import { createRequestId } from "./ids.ts";
import { isSuccess } from "./integration.ts";
import { selectRoute } from "./routes.ts";

export interface Sessions {
  /** Takes over a socket whose handshake has just got a 101. */
  open(websocket: WebSocket, socket: Duplex, info: ConnectionInfo): void;
  /** Call it if the client went away after `$connect` returned and before the 101. */
  lostInHandshake(info: ConnectionInfo): void;
}

const messageTooBig = 1009;
const brokenConnection = 1006;

/** Handles open connections: their messages, their limits and `$disconnect`. */
export function createSessions(context: GatewayContext): Sessions {
  const { accountBucket, connections, counts, faults, integration } = context;
  const routes: ReadonlySet<string> = new Set(context.options.routes);

  /** Sends an error in the form in which API Gateway itself sends errors to a client. */
  function sendError(connection: Connection, message: string, requestId: string): void {
    const notice = JSON.stringify({ message, connectionId: connection.info.connectionId, requestId });
    meterSent(counts, Buffer.byteLength(notice));
    connection.send(notice);
  }

  // Each message invokes the function as it arrives and does not wait for the one before. AWS documents no order for
  // the messages of a connection, and Lambda handles them concurrently.
  async function onMessage(connection: Connection, data: Buffer, isBinary: boolean): Promise<void> {
    // A message takes one token and not one for each 32 KB, because the quota counts requests. Above it AWS returns "429
    // Too Many Requests", which on a WebSocket can only be a message
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-protect.html
    if (!accountBucket.take()) {
      counts.throttledMessages += 1;
      sendError(connection, "Too Many Requests", createRequestId());
      return;
    }
    counts.messages += 1;
    meterMessage(counts, data.length);
    const routeKey = selectRoute(routes, { data, isBinary });
    if (routeKey === undefined) {
      // https://github.com/aws-samples/simple-websockets-chat-app/issues/24
      sendError(connection, "Forbidden", createRequestId());
      return;
    }
    const event = context.events.message(connection.info, { data, isBinary }, routeKey);
    const result = await integration.invoke(event);
    // Only the status of the result counts: the route has no response.
    if (isSuccess(result)) return;
    sendError(connection, "Internal server error", event.requestContext.requestId);
  }

  function sendDisconnect(info: ConnectionInfo, statusCode: number, reason: string): void {
    const { connectionId } = info;
    if (faults.hitDisconnect({ connectionId, statusCode }) !== undefined) {
      counts.disconnectsLost += 1;
      return;
    }
    void integration.invoke(context.events.disconnect(info, statusCode, reason));
  }

  return {
    open(websocket, socket, info) {
      const connection = createConnection(websocket, info, {
        limits: context.limits,
        onMessage: (from, data, isBinary) => void onMessage(from, data, isBinary),
        onClosed(closed, statusCode, reason) {
          connections.delete(info.connectionId);
          counts.connectionMs += Date.now() - info.connectedAtMs;
          context.log("info", "connection closed", { connectionId: info.connectionId, statusCode });
          sendDisconnect(closed.info, statusCode, reason);
        },
      });
      // The meter sees the bytes before `ws` does, so that an oversized message is never passed on.
      const onData = createFrameMeter(context.limits, (reason) => connection.close(messageTooBig, reason));
      socket.prependListener("data", onData);
      connections.set(info.connectionId, connection);
      counts.connected += 1;
      context.log("info", "connection opened", { connectionId: info.connectionId });
    },
    lostInHandshake: (info) => sendDisconnect(info, brokenConnection, ""),
  };
}
