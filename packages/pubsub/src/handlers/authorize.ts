import { atMostFor } from "../core/at-most-for.ts";
import { isPubsubError, type PubsubErrorCode } from "../core/errors.ts";
import { isRecord } from "../core/options/option-rules.ts";
import type { Observe } from "../core/pipeline-events.ts";
import { systemClock } from "../core/system-clock.ts";
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
 * Allows if it returns `true`, `undefined` or `{ allow: true }`. Denies if it returns `false` or `{ allow: false }`, or
 * throws a `PubsubError` with the code `FORBIDDEN` or one of the `TOKEN_…` codes. If it throws anything else, returns any
 * other value, or takes too long, it has not decided: the request is not allowed, and the client may try again.
 */
export type Authorize = (request: AuthorizeRequest) => AuthorizeResult | Promise<AuthorizeResult>;

/** The hook, how long it may take, and where its decisions are reported. */
export interface Gate {
  authorize: Authorize | undefined;
  timeoutMs: number;
  observe: Observe;
}

/**
 * What the hook decided. `undecided` is not allowed either. But it is not a denial: a client that took it for one would
 * give up for good because a database was down for two seconds.
 */
export type Verdict = "allowed" | "denied" | "undecided";

export interface Access {
  verdict: Verdict;
  subprotocol?: string | undefined;
}

interface Decision extends Access {
  reason: string;
}

const EVENT_OF = {
  allowed: "access-allowed",
  denied: "access-denied",
  undecided: "authorize-failed",
} as const satisfies Record<Verdict, string>;

/** Reports each decision with its reason, which is for the log and not for the client. */
export async function decideAccess(
  { authorize, timeoutMs, observe }: Gate,
  request: AuthorizeRequest,
): Promise<Access> {
  if (!authorize) return { verdict: "allowed" };
  const { action, topicId, consumer } = request;
  const { reason, ...access } = await atMostFor(systemClock, timeoutMs, decide(authorize, request), {
    verdict: "undecided",
    reason: `the hook did not return within ${timeoutMs} ms`,
  });
  observe({ event: EVENT_OF[access.verdict], action, topicId, consumer, reason });
  return access;
}

async function decide(authorize: Authorize, request: AuthorizeRequest): Promise<Decision> {
  try {
    return decisionOf(await authorize(request));
  } catch (error) {
    return { verdict: isDenial(error) ? "denied" : "undecided", reason: `the hook threw ${labelsOf(error)}` };
  }
}

/** The errors that are a decision. With any other error, the hook could not decide. */
const DENIALS: ReadonlySet<PubsubErrorCode> = new Set([
  "FORBIDDEN",
  "TOKEN_MISSING",
  "TOKEN_INVALID",
  "TOKEN_EXPIRED",
  "TOKEN_OF_OTHER_TOPIC",
  "TOKEN_OF_OTHER_CONNECTION",
]);

const isDenial = (error: unknown): boolean => isPubsubError(error) && DENIALS.has(error.code);

function decisionOf(returned: unknown): Decision {
  if (returned === true || returned === undefined || returned === false) {
    return verdictOf(returned !== false, `the hook returned ${returned ?? "nothing"}`);
  }
  if (!isDecision(returned)) {
    return { verdict: "undecided", reason: `the hook returned a value of type ${typeof returned}` };
  }
  const { allow, subprotocol } = returned;
  return { ...verdictOf(allow, `the hook returned allow: ${allow}`), subprotocol };
}

const verdictOf = (allowed: boolean, reason: string): Decision => ({
  verdict: allowed ? "allowed" : "denied",
  reason,
});

/** An unknown field may be a misspelled condition, so that such an object must not allow anything. */
function isDecision(value: unknown): value is AuthorizeDecision {
  if (!isRecord(value)) return false;
  const { allow, subprotocol, ...unknown } = value;
  if (typeof allow !== "boolean" || Object.keys(unknown).length > 0) return false;
  return subprotocol === undefined || typeof subprotocol === "string";
}
