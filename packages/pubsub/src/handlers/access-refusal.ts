import { isPubsubError, type PubsubErrorCode } from "../core/errors.ts";
import type { Observe } from "../core/pipeline-events.ts";
import type { Grant } from "../core/subscriptions/grant.ts";
import type { Consumer } from "../core/types.ts";
import type { Verdict } from "./authorize.ts";

type Refused = Exclude<Verdict, "allowed">;

/** What a connection asked for, and what the hook granted. */
interface Granted {
  action: "SUBSCRIBE" | "PUBLISH";
  /** Absent for a request over HTTP. */
  consumer?: Consumer | undefined;
  topicId: string;
  grant?: Grant | undefined;
}

/**
 * Returns the result, or the verdict if access was revoked after it was decided, or if the connection's own time has passed. A permission that was given before, such as
 * a token, is refused from now on. A decision of the hook is only out of date: the client asks again.
 */
export async function unlessRevoked<Result>(
  observe: Observe,
  { action, consumer, topicId, grant }: Granted,
  act: () => Promise<Result>,
): Promise<{ verdict: "allowed"; result: Result } | { verdict: Refused }> {
  try {
    return { verdict: "allowed", result: await act() };
  } catch (error) {
    if (!isPubsubError(error, "ACCESS_REVOKED")) throw error;
    if (error.context.untilSeconds !== undefined) {
      observe({ event: "access-denied", action, topicId, consumer, reason: error.message });
      return { verdict: "denied" };
    }
    const isIssued = grant?.issuedAtMs !== undefined && grant.issuedAtMs <= Number(error.context.revokedAtMs);
    const reason = `access was revoked after the ${isIssued ? "permission was given" : "hook was called"}`;
    observe({ event: isIssued ? "access-denied" : "authorize-failed", action, topicId, consumer, reason });
    return { verdict: isIssued ? "denied" : "undecided" };
  }
}

const DOES = { SUBSCRIBE: "subscribe", PUBLISH: "publish" } as const;

/** A client gives up after FORBIDDEN, and tries again after AUTHORIZE_FAILED. */
export function refusalOf(
  verdict: Refused,
  { action, topicId }: Pick<Granted, "action" | "topicId">,
): { code: PubsubErrorCode; message: string } {
  const does = DOES[action];
  if (verdict === "denied") return { code: "FORBIDDEN", message: `not allowed to ${does} to ${topicId}` };
  const message = `could not decide whether you may ${does} to ${topicId}; try again later`;
  return { code: "AUTHORIZE_FAILED", message };
}
