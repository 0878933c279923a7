import { isRecord } from "../core/options/option-rules.ts";
import type { Observe } from "../core/pipeline-events.ts";
import type { Consumer } from "../core/types.ts";
import { labelsOf } from "./labels-of.ts";
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

/** The result of a hook that says more than yes or no. */
export interface AuthorizeDecision {
  allow: boolean;
  /** Only for CONNECT: which of the subprotocols that the client offers to use. It wins over the option `subprotocol`. */
  subprotocol?: string | undefined;
}

type AuthorizeResult = boolean | undefined | AuthorizeDecision;

/**
 * Allows if it returns `true`, `undefined` or `{ allow: true }`. Denies if it returns anything else, throws, or takes too
 * long.
 */
export type Authorize = (request: AuthorizeRequest) => AuthorizeResult | Promise<AuthorizeResult>;

/** The hook, how long it may take, and where its decisions are reported. */
export interface Gate {
  authorize: Authorize | undefined;
  timeoutMs: number;
  observe: Observe;
}

export interface Access {
  allowed: boolean;
  subprotocol?: string | undefined;
}

interface Decision extends Access {
  reason: string;
}

/** Reports each decision with its reason, which is for the log and not for the client. */
export async function decideAccess(
  { authorize, timeoutMs, observe }: Gate,
  request: AuthorizeRequest,
): Promise<Access> {
  if (!authorize) return { allowed: true };
  const { action, topicId, consumer } = request;
  const { reason, ...access } = await within(timeoutMs, decide(authorize, request));
  const event = access.allowed ? "access-allowed" : "access-denied";
  observe({ event, action, topicId, consumer, reason });
  return access;
}

export const isAuthorized = async (gate: Gate, request: AuthorizeRequest): Promise<boolean> =>
  (await decideAccess(gate, request)).allowed;

async function decide(authorize: Authorize, request: AuthorizeRequest): Promise<Decision> {
  try {
    return decisionOf(await authorize(request));
  } catch (error) {
    return { allowed: false, reason: `the hook threw ${labelsOf(error)}` };
  }
}

function decisionOf(returned: unknown): Decision {
  if (returned === true || returned === undefined || returned === false) {
    return { allowed: returned !== false, reason: `the hook returned ${returned ?? "nothing"}` };
  }
  if (!isDecision(returned))
    return { allowed: false, reason: `the hook returned a value of type ${typeof returned}` };
  const { allow: allowed, subprotocol } = returned;
  return { allowed, subprotocol, reason: `the hook returned allow: ${allowed}` };
}

/** An unknown field may be a misspelled condition, so that such an object must not allow anything. */
function isDecision(value: unknown): value is AuthorizeDecision {
  if (!isRecord(value)) return false;
  const { allow, subprotocol, ...unknown } = value;
  if (typeof allow !== "boolean" || Object.keys(unknown).length > 0) return false;
  return subprotocol === undefined || typeof subprotocol === "string";
}

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
