import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { GatewayContext } from "./context.ts";
import type { ConnectionInfo } from "./events.ts";
import { type HandshakeRefusal, isWebsocketUpgrade, refuseHandshake } from "./handshake-answer.ts";
import { createConnectionId, createRequestId } from "./ids.ts";
import { isSuccess } from "./integration.ts";
import { isWebsocketPath } from "./paths.ts";
import type { Sessions } from "./sessions.ts";

export interface Handshakes {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Ends the handshakes that still wait for `$connect`. `ws` returns 503 to any later one. */
  stop(): void;
}

/** How long the server waits for a client's close frame after it has sent its own. */
const closeTimeoutMs = 2_000;

/**
 * An upgrade waits for `$connect`. Until that returns, the connection is not registered, so a post to the id that the
 * integration has got returns 410, as on AWS: https://repost.aws/knowledge-center/410-gone-api-gateway
 */
export function createHandshakes(context: GatewayContext, sessions: Sessions): Handshakes {
  const { accountBucket, connectBucket, counts, delays, faults, integration, options } = context;
  const subprotocols = new WeakMap<IncomingMessage, string>();
  const serverOptions = {
    noServer: true,
    clientTracking: false,
    // @types/ws does not know this option yet, so the options are not a literal in the call.
    closeTimeout: closeTimeoutMs,
    // The integration chooses one of the client's subprotocols with a header of its result. API Gateway adds none:
    // https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-connect-route-subprotocol.html
    handleProtocols: (_offered: Set<string>, request: IncomingMessage) => subprotocols.get(request) ?? false,
  };
  const server = new WebSocketServer(serverOptions);
  // `ws` drops the header if the client offered none. A client that gets it nevertheless must fail the handshake:
  // https://www.rfc-editor.org/rfc/rfc6455#section-4.1
  server.on("headers", (headers, request) => {
    const chosen = subprotocols.get(request);
    if (chosen === undefined || request.headers["sec-websocket-protocol"] !== undefined) return;
    headers.push(`Sec-WebSocket-Protocol: ${chosen}`);
  });

  async function handshake(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    const info = describeClient(request, socket);
    const { connectionId } = info;
    const refuse = (refusal: HandshakeRefusal): void => {
      counts.refused += 1;
      context.log("info", "handshake refused", { connectionId, status: refusal.status });
      refuseHandshake(socket, { connectionId, requestId: createRequestId() }, refusal);
    };

    const stranger = context.guard.refuseHandshake(request.headers);
    if (stranger !== undefined) {
      context.log("warn", stranger, { connectionId });
      return refuse({ status: 403, message: stranger });
    }
    const url = request.url ?? "/";
    if (!isWebsocketPath(url, options.stage)) return refuse({ status: 403 });
    if (!isWebsocketUpgrade(request)) return refuse({ status: 400 });
    if (!accountBucket.take() || !connectBucket.take()) {
      counts.throttledConnects += 1;
      return refuse({ status: 429, errorType: "LimitExceededException" });
    }
    const fault = faults.hitConnect({ connectionId, url });
    if (fault?.answer !== undefined) return refuse(fault.answer);

    const result = await integration.invoke(context.events.connect(info, request));
    await delays.wait(fault?.delayMs ?? 0);
    if (!isSuccess(result)) {
      // The integration's status, or 502 if it returned no status.
      return refuse(
        result.ok ? { status: result.statusCode } : { status: 502, message: "Internal server error" },
      );
    }

    const subprotocol = result.ok ? headerOf(result.headers, "sec-websocket-protocol") : undefined;
    if (subprotocol !== undefined) subprotocols.set(request, subprotocol);
    // This bounds the memory that `ws` uses for one message. The frame meter enforces the current limits.
    server.options.maxPayload = context.limits().messageBytes;
    let opened = false;
    server.handleUpgrade(request, socket, head, (websocket) => {
      opened = true;
      sessions.open(websocket, socket, info);
    });
    // `$connect` has returned, but the client is gone. API Gateway then invokes `$disconnect`, with best effort.
    if (!opened) sessions.lostInHandshake(info);
  }

  return {
    upgrade(request, socket, head) {
      socket.on("error", () => socket.destroy());
      handshake(request, socket as Socket, head).catch((error: unknown) => {
        context.log("error", "a handshake failed", { error });
        socket.destroy();
      });
    },
    stop() {
      server.close();
    },
  };
}

function describeClient(request: IncomingMessage, socket: Socket): ConnectionInfo {
  return {
    connectionId: createConnectionId(),
    connectedAtMs: Date.now(),
    sourceIp: socket.remoteAddress ?? "",
    userAgent: request.headers["user-agent"],
  };
}

function headerOf(headers: Record<string, unknown>, wanted: string): string | undefined {
  const found = Object.entries(headers).find(([name]) => name.toLowerCase() === wanted)?.[1];
  // A line break would let the integration write headers of its own, or a response
  return typeof found === "string" && /^[\x21-\x7e]+$/.test(found) ? found : undefined;
}
