import type { IncomingMessage, ServerResponse } from "node:http";
import { answers, sendEmpty, sendError, sendJson } from "./answers.ts";
import type { GatewayContext } from "./context.ts";
import { connectionIdOfPath } from "./paths.ts";
import { postToConnection } from "./post-to-connection.ts";
import { readBody } from "./read-body.ts";
import { createSignatureVerifier, type SignatureVerifier } from "./signature.ts";

/** AWS's own code and text for a connection that DELETE has closed. */
const normalClosure = { code: 1000, reason: "Connection Closed Normally" };

/**
 * The signed `@connections` API: `POST|GET|DELETE /{stage}/@connections/{connectionId}`. It differs from AWS in two
 * ways. Every id but that of an open connection gets 410, whereas AWS returns 400 for an id that it cannot decode. And
 * only these calls take from the account's bucket, whereas on AWS client messages take from it too.
 */
export function createManagementApi(
  context: GatewayContext,
): (request: IncomingMessage, response: ServerResponse) => void {
  const verify = createSignatureVerifier(context.options);
  return (request, response) => {
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
    response.shouldKeepAlive = false;
    response.on("finish", () => request.socket.destroy());
    return sendError(response, answers.tooLarge);
  }
  const refusal = await verify({ method, url, headers, bodySha256: body.sha256 });
  const connectionId = connectionIdOfPath(url, context.options.stage);
  if (refusal !== undefined || connectionId === undefined) {
    context.counts.forbidden += 1;
    await context.delays.wait(context.options.postLatencyMs);
    return sendError(response, refusal ?? answers.forbidden);
  }
  if (method === "POST") return postToConnection(context, connectionId, body, response);
  const act = callsByMethod[method];
  await context.delays.wait(context.options.postLatencyMs);
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
  if (!context.postBucket.take()) {
    context.counts.throttledAccount += 1;
    sendError(response, answers.limitExceeded);
    return undefined;
  }
  const connection = context.connections.get(connectionId);
  if (connection?.isOpen() === true) return connection;
  sendError(response, answers.gone);
  return undefined;
}
