import type { ServerResponse } from "node:http";
import { resetSocket } from "../reset-socket.ts";
import {
  answers,
  type ErrorAnswer,
  invalidConnectionId,
  sendEmpty,
  sendError,
  sendFault,
} from "./answers.ts";
import type { GatewayContext } from "./context.ts";
import { meterSent } from "./counts.ts";
import { isConnectionId } from "./ids.ts";
import type { ReceivedBody } from "./read-body.ts";
import type { PostRecord } from "./types.ts";

type Outcome = Pick<PostRecord, "delivered" | "cause"> & { error?: ErrorAnswer };

/**
 * Handles POST `@connections/{connectionId}`. It checks the size, then faults, the account's bucket, the connection and
 * its buffer. A 200 means that the frame was passed to the socket. If a client has died without a close, posts to it
 * get 200 until its buffer is full, as on AWS.
 */
export async function postToConnection(
  context: GatewayContext,
  connectionId: string,
  received: ReceivedBody,
  response: ServerResponse,
): Promise<void> {
  const { connections, counts, delays, faults, options } = context;
  const caller = String(response.req.headers["x-amz-security-token"] ?? "");
  counts.posts += 1;

  function record(status: number, { delivered, cause }: Outcome): void {
    options.onPost?.({
      atMs: Date.now(),
      connectionId,
      status,
      bytes: received.bytes,
      delivered,
      caller,
      ...(received.kept && { body: received.kept }),
      ...(cause === undefined ? {} : { cause }),
    });
  }

  async function respond(outcome: Outcome): Promise<void> {
    record(outcome.error?.status ?? 200, outcome);
    await context.waitPostLatency();
    if (outcome.error === undefined) sendEmpty(response, 200);
    else sendError(response, outcome.error);
  }

  const body = received.kept;
  if (body === undefined) {
    counts.tooLarge += 1;
    return respond({ delivered: false, error: answers.tooLarge });
  }

  const connectedAtMs = connections.get(connectionId)?.info.connectedAtMs;
  const age = connectedAtMs === undefined ? {} : { ageMs: Date.now() - connectedAtMs };
  const fault = faults.hitPost({ connectionId, body, caller, ...age });
  if (fault === undefined) return respond(deliver(context, connectionId, body, true));

  counts.postFaults += 1;
  await delays.wait(fault.delayMs ?? 0);
  const undelivered: Outcome = { delivered: false, cause: "fault" };
  if (fault.answer !== undefined) {
    record(fault.answer.status, undelivered);
    await context.waitPostLatency();
    return sendFault(response, fault.answer);
  }
  switch (fault.act) {
    case "hang":
      return record(0, undelivered);
    case "reset":
      record(0, undelivered);
      return reset(response);
    case "reset-after-delivery":
      record(0, { ...deliver(context, connectionId, body, true), cause: "fault" });
      return reset(response);
    case "cut-answer":
      record(0, { ...deliver(context, connectionId, body, true), cause: "fault" });
      return cutResponse(response);
    case "lose-frame": {
      const outcome = deliver(context, connectionId, body, false);
      return respond(outcome.error === undefined ? { ...outcome, cause: "fault" } : outcome);
    }
    default:
      return respond(deliver(context, connectionId, body, true));
  }
}

function deliver(context: GatewayContext, connectionId: string, body: Buffer, sendFrame: boolean): Outcome {
  const { connections, counts, limits, accountBucket } = context;
  if (!accountBucket.take()) {
    counts.throttledAccount += 1;
    return { delivered: false, cause: "account", error: answers.limitExceeded };
  }
  if (!isConnectionId(connectionId)) {
    counts.invalidIds += 1;
    return { delivered: false, error: invalidConnectionId(connectionId) };
  }
  const connection = connections.get(connectionId);
  if (connection?.isOpen() !== true) {
    counts.gone += 1;
    return { delivered: false, error: answers.gone };
  }
  if (connection.bufferedBytes() > limits().connectionBufferBytes) {
    counts.throttledConnection += 1;
    return { delivered: false, cause: "connection", error: answers.limitExceeded };
  }
  meterSent(counts, body.length);
  if (!sendFrame) return { delivered: false };
  connection.send(body);
  counts.delivered += 1;
  return { delivered: true };
}

function reset(response: ServerResponse): void {
  resetSocket(response.req.socket);
}

/** Sends the head of a response and half of the body that it announces. */
function cutResponse(response: ServerResponse): void {
  const body = JSON.stringify({ message: "This response breaks off" });
  response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
  response.write(body.slice(0, body.length / 2), () => response.req.socket.destroy());
}
