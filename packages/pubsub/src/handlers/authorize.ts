import type { Observe } from "../pipeline-events.ts";
import type { Consumer } from "../types.ts";
import type { WebsocketEvent } from "./lambda-types.ts";

export interface AuthorizeRequest {
  action: "CONNECT" | "SUBSCRIBE";
  /** What is subscribed to; absent for CONNECT. */
  topicId?: string;
  consumer: Consumer;
  /** The event as API Gateway sent it, with headers for CONNECT and the frame as `body` for the rest. */
  event: WebsocketEvent;
}

/** Denies by answering `false` or by throwing; anything else allows. */
export type Authorize = (
  request: AuthorizeRequest,
) => boolean | undefined | undefined | Promise<boolean | undefined | undefined>;

/** An exception is a denial like `false`: its reason is for the log, not for the client. */
export async function isAuthorized(
  authorize: Authorize | undefined,
  request: AuthorizeRequest,
  observe: Observe,
): Promise<boolean> {
  if (!authorize) return true;
  const { consumer, action } = request;
  try {
    if ((await authorize(request)) !== false) return true;
    observe({ event: "frame-refused", consumer, code: "FORBIDDEN", reason: `${action} was not authorized` });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    observe({
      event: "frame-refused",
      consumer,
      code: "FORBIDDEN",
      reason: `${action} was not authorized: ${reason}`,
    });
  }
  return false;
}
