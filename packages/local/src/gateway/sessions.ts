import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import { type Connection, createConnection } from "./connection.ts";
import type { GatewayContext } from "./context.ts";
import { meterMessage } from "./counts.ts";
import type { ConnectionInfo } from "./events.ts";
import { createFrameMeter } from "./frame-meter.ts";
import { isSuccess } from "./integration.ts";

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
  const { connections, counts, faults, integration } = context;

  // Each message invokes the function as it arrives and does not wait for the one before. AWS documents no order for
  // the messages of a connection, and Lambda handles them concurrently.
  async function onMessage(connection: Connection, data: Buffer, isBinary: boolean): Promise<void> {
    counts.messages += 1;
    meterMessage(counts, data.length);
    // The selection expression `$request.body.action` matches no other route, so all messages go to `$default`.
    const event = context.events.message(connection.info, data, isBinary);
    const result = await integration.invoke(event);
    // Only the status of the result counts: the route has no response.
    if (isSuccess(result)) return;
    const { connectionId, requestId } = event.requestContext;
    const notice = JSON.stringify({ message: "Internal server error", connectionId, requestId });
    meterMessage(counts, Buffer.byteLength(notice));
    connection.send(notice);
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
