import type { Observe } from "../core/pipeline-events.ts";
import type { Consumer } from "../core/types.ts";
import type { WebsocketEvent } from "./lambda-types.ts";

export interface AuthorizeRequest {
  action: "CONNECT" | "SUBSCRIBE";
  /** What is subscribed to; absent for CONNECT. */
  topicId?: string | undefined;
  /** What the client's SUBSCRIBE brought along to show that it may. */
  token?: string | undefined;
  consumer: Consumer;
  /** The event as API Gateway sent it, with headers for CONNECT and the frame as `body` for the rest. */
  event: WebsocketEvent;
}

/** Allows by answering `true` or nothing at all; denies by anything else, by throwing, and by taking too long. */
export type Authorize = (request: AuthorizeRequest) => boolean | undefined | Promise<boolean | undefined>;

/** Who is asked, for how long, and who is told what came of it. */
export interface Gate {
  authorize: Authorize | undefined;
  timeoutMs: number;
  observe: Observe;
}

interface Decision {
  allowed: boolean;
  reason: string;
}

/** Each decision is told with its reason, which is for the log, not for the client. */
export async function isAuthorized(
  { authorize, timeoutMs, observe }: Gate,
  request: AuthorizeRequest,
): Promise<boolean> {
  if (!authorize) return true;
  const { action, topicId, consumer } = request;
  const { allowed, reason } = await within(timeoutMs, decide(authorize, request));
  observe({ event: allowed ? "access-allowed" : "access-denied", action, topicId, consumer, reason });
  return allowed;
}

async function decide(authorize: Authorize, request: AuthorizeRequest): Promise<Decision> {
  try {
    const answer: unknown = await authorize(request);
    const allowed = answer === true || answer === undefined;
    const said =
      allowed || answer === false ? String(answer ?? "nothing") : `a value of type ${typeof answer}`;
    return { allowed, reason: `the hook answered ${said}` };
  } catch (error) {
    return { allowed: false, reason: `the hook threw ${labelsOf(error)}` };
  }
}

/** The message may quote a token, so it stays out of the log; what looks like a name or a code does not. */
function labelsOf(error: unknown): string {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  const labels = [name, code].filter((label) => typeof label === "string" && LABEL.test(label));
  return labels.length > 0 ? labels.join(" ") : `a value of type ${typeof error}`;
}

/** Without digits: hardly any token has none. */
const LABEL = /^[A-Za-z][A-Za-z_]{0,47}$/;

async function within(timeoutMs: number, decision: Promise<Decision>): Promise<Decision> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Decision>((resolve) => {
    const denial = { allowed: false, reason: `the hook did not answer within ${timeoutMs} ms` };
    timer = setTimeout(() => resolve(denial), timeoutMs);
  });
  try {
    return await Promise.race([decision, late]);
  } finally {
    clearTimeout(timer);
  }
}
