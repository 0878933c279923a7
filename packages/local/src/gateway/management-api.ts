import type { IncomingMessage, ServerResponse } from "node:http";
import { answers, invalidConnectionId, sendEmpty, sendError, sendJson } from "./answers.ts";
import type { GatewayContext } from "./context.ts";
import { createHttpConnections } from "./http-connections.ts";
import { isConnectionId } from "./ids.ts";
import { connectionIdOfPath } from "./paths.ts";
import { postToConnection } from "./post-to-connection.ts";
import { readBody } from "./read-body.ts";
import { createSignatureVerifier, type SignatureVerifier } from "./signature.ts";

/** AWS's own code and text for a connection that DELETE has closed. */
const normalClosure = { code: 1000, reason: "Connection Closed Normally" };

/**
 * The signed `@connections` API: `POST|GET|DELETE /{stage}/@connections/{connectionId}`. An id that cannot be decoded gets
 * 400. Every other id but that of an open connection gets 410.
 */
export function createManagementApi(
  context: GatewayContext,
): (request: IncomingMessage, response: ServerResponse) => void {
  const verify = createSignatureVerifier(context.options);
  const httpConnections = createHttpConnections(context.options.closeEveryResponses);
  return (request, response) => {
    httpConnections.prepare(response);
    response.on("error", () => undefined);
    respond(context, verify, request, response).catch((error: unknown) => {
      // The caller went away in the middle of its request and does not wait for a response.
      if (request.destroyed && !request.complete) return;
      context.log("error", "a management request failed", { error });
      sendError(response, { status: 500, errorType: "InternalFailure", message: "Internal server error" });
    });
  };
}

async function respond(
  context: GatewayContext,
  verify: SignatureVerifier,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = "GET", url = "/", headers } = request;
  const body = await readBody(request, context.limits().messageBytes);
  if (body.cut) {
    response.setHeader("connection", "close");
    response.on("finish", () => request.socket.destroy());
    return sendError(response, answers.tooLarge);
  }
  // Another host, stage or path has no authorizer either, so the signature is not looked at
  const connectionId = connectionIdOfPath(url, context.options.stage);
  const refusal =
    connectionId === undefined
      ? answers.forbidden
      : await verify({ method, url, headers, bodySha256: body.sha256 });
  if (refusal !== undefined || connectionId === undefined) {
    context.counts.forbidden += 1;
    await context.waitPostLatency();
    return sendError(response, refusal ?? answers.forbidden);
  }
  if (method === "POST") return postToConnection(context, connectionId, body, response);
  const act = callsByMethod[method];
  await context.waitPostLatency();
  if (act === undefined) return sendError(response, answers.forbidden);
  act(context, connectionId, response);
}

type Call = (context: GatewayContext, connectionId: string, response: ServerResponse) => void;

const callsByMethod: Record<string, Call | undefined> = { GET: getConnection, DELETE: deleteConnection };

function getConnection(context: GatewayContext, connectionId: string, response: ServerResponse): void {
  const connection = openConnection(context, connectionId, response);
  if (connection === undefined) return;
  const { connectedAtMs, sourceIp, userAgent = "" } = connection.info;
  sendJson(response, 200, {
    connectedAt: new Date(connectedAtMs).toISOString(),
    identity: { sourceIp, userAgent },
    lastActiveAt: new Date(connection.lastActiveAtMs()).toISOString(),
  });
}

function deleteConnection(context: GatewayContext, connectionId: string, response: ServerResponse): void {
  const connection = openConnection(context, connectionId, response);
  if (connection === undefined) return;
  connection.close(normalClosure.code, normalClosure.reason);
  sendEmpty(response, 204);
}

function openConnection(context: GatewayContext, connectionId: string, response: ServerResponse) {
  if (!context.accountBucket.take()) {
    context.counts.throttledAccount += 1;
    sendError(response, answers.limitExceeded);
    return undefined;
  }
  if (!isConnectionId(connectionId)) {
    sendError(response, invalidConnectionId(connectionId));
    return undefined;
  }
  const connection = context.connections.get(connectionId);
  if (connection?.isOpen() === true) return connection;
  sendError(response, answers.gone);
  return undefined;
}
