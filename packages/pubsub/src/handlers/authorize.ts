import type { Observe } from "../core/pipeline-events.ts";
import type { Consumer } from "../core/types.ts";
import type { WebsocketEvent } from "./lambda-types.ts";

export interface AuthorizeRequest {
  action: "CONNECT" | "SUBSCRIBE";
  /** The topic to subscribe to. Absent for CONNECT. */
  topicId?: string | undefined;
  /** The `token` of the client's SUBSCRIBE. */
  token?: string | undefined;
  consumer: Consumer;
  /** The event of API Gateway: with headers for CONNECT, with the message as `body` for SUBSCRIBE. */
  event: WebsocketEvent;
}

/** Allows if it returns `true` or `undefined`. Denies if it returns anything else, throws, or takes too long. */
export type Authorize = (request: AuthorizeRequest) => boolean | undefined | Promise<boolean | undefined>;

/** The hook, how long it may take, and where its decisions are reported. */
export interface Gate {
  authorize: Authorize | undefined;
  timeoutMs: number;
  observe: Observe;
}

interface Decision {
  allowed: boolean;
  reason: string;
}

/** Reports each decision with its reason, which is for the log and not for the client. */
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
    const returned: unknown = await authorize(request);
    const allowed = returned === true || returned === undefined;
    const description =
      allowed || returned === false ? String(returned ?? "nothing") : `a value of type ${typeof returned}`;
    return { allowed, reason: `the hook returned ${description}` };
  } catch (error) {
    return { allowed: false, reason: `the hook threw ${labelsOf(error)}` };
  }
}

/** The message may quote a token, so only what looks like a name or a code goes to the log. */
function labelsOf(error: unknown): string {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  const labels = [name, code].filter((label) => typeof label === "string" && LABEL.test(label));
  return labels.length > 0 ? labels.join(" ") : `a value of type ${typeof error}`;
}

/** Letters and underscores only, because nearly every token contains digits. */
const LABEL = /^[A-Za-z][A-Za-z_]{0,47}$/;

async function within(timeoutMs: number, decision: Promise<Decision>): Promise<Decision> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<Decision>((resolve) => {
    const denial = { allowed: false, reason: `the hook did not return within ${timeoutMs} ms` };
    timer = setTimeout(() => resolve(denial), timeoutMs);
  });
  try {
    return await Promise.race([decision, late]);
  } finally {
    clearTimeout(timer);
  }
}
