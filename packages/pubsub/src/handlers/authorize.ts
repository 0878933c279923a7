import { atMostFor } from "../core/at-most-for.ts";
import { isPubsubError, type PubsubError, type PubsubErrorCode } from "../core/errors.ts";
import { isRecord } from "../core/options/option-rules.ts";
import type { Observe } from "../core/pipeline-events.ts";
import type { Grant } from "../core/subscriptions/grant.ts";
import { systemClock } from "../core/system-clock.ts";
import type { Consumer } from "../core/types.ts";
import type { ConnectionUser } from "./connection-user.ts";
import { withTerms } from "./grant-terms.ts";
import { labelsOf } from "./labels-of.ts";
import type { WebsocketEvent } from "./lambda-types.ts";

export interface AuthorizeRequest {
  action: "CONNECT" | "SUBSCRIBE" | "PUBLISH";
  /** The topic to subscribe or publish to. Absent for CONNECT. */
  topicId?: string | undefined;
  /** Only for PUBLISH: what the client publishes, any JSON value. It is not checked by anybody yet. */
  data?: unknown;
  /** The `token` of the client's SUBSCRIBE or PUBLISH. */
  token?: string | undefined;
  consumer: Consumer;
  /**
   * Returns who the connection is, as this hook said when it connected, and undefined if it said nothing. It reads the table
   * the first time that it is called for a message. For CONNECT it returns undefined.
   */
  user: () => Promise<ConnectionUser | undefined>;
  /** The event of API Gateway: with headers for CONNECT, otherwise with the message as `body`. */
  event: WebsocketEvent;
}

/** The result of a hook that says more than yes or no. */
export interface AuthorizeDecision {
  allow: boolean;
  /** Only for CONNECT: which of the subprotocols that the client offers to use. It wins over the option `subprotocol`. */
  subprotocol?: string | undefined;
  /**
   * When the subscription ends, as a `Date` or in seconds since 1970. At the latest it ends with the connection. A time that
   * has passed denies, also a PUBLISH. For CONNECT, all subscriptions of the connection end then, and it can neither
   * subscribe nor publish any more.
   */
  until?: Date | number | undefined;
  /**
   * Whose connection it is, 1 to 512 bytes. `revoke({ userId })` ends the subscription, and denies a PUBLISH that was
   * permitted before. For CONNECT, it is the user of all subscriptions whose own decision has no `userId`, and
   * `publishToUser` reaches the connection.
   */
  userId?: string | undefined;
  /** What other members see of the user: any JSON value of at most 1,024 bytes as JSON text. For CONNECT with `userId`. */
  info?: unknown;
  /**
   * For CONNECT only with `userId`: when the permission was given that this decision is based on, such as a token's `iat`, as a `Date`
   * or in seconds since 1970. A later revocation wins. Default: when the hook was called. One that was given more than
   * 24 hours ago denies, because revocations are not kept for longer.
   */
  issuedAt?: Date | number | undefined;
}

export type AuthorizeResult = boolean | AuthorizeDecision;

/**
 * Allows if it returns `true` or `{ allow: true }`. Denies if it returns `false`, `{ allow: false }` or nothing, or
 * throws a `PubsubError` with the code `FORBIDDEN` or one of the `TOKEN_…` codes. If it throws anything else, returns any
 * other value, or takes too long, it has not decided: the request is not allowed, and the client may try again.
 */
export type Authorize = (request: AuthorizeRequest) => AuthorizeResult | Promise<AuthorizeResult>;

/** Lets every client connect, and subscribe to every topic. Nobody may publish. */
export const EVERYBODY = "everybody";

/** The hook, how long it may take, and where its decisions are reported. */
export interface Gate {
  authorize: Authorize | typeof EVERYBODY;
  timeoutMs: number;
  observe: Observe;
  /** Milliseconds since 1970. */
  now: () => number;
}

/**
 * What the hook decided. `undecided` is not allowed either. But it is not a denial: a client that took it for one would
 * give up for good because a database was down for two seconds.
 */
export type Verdict = "allowed" | "denied" | "undecided";

export interface Access {
  verdict: Verdict;
  subprotocol?: string | undefined;
  grant?: Grant | undefined;
}

export interface Decision extends Access {
  reason: string;
  /** Of the error that the hook threw to deny. */
  code?: PubsubErrorCode | undefined;
}

const EVENT_OF = {
  allowed: "access-allowed",
  denied: "access-denied",
  undecided: "authorize-failed",
} as const satisfies Record<Verdict, string>;

/** Reports a decision with its reason, which is for the log and not for the client. */
export const reportDecision = (
  observe: Observe,
  {
    action,
    topicId,
    consumer,
  }: Pick<AuthorizeRequest, "action" | "topicId"> & { consumer?: Consumer | undefined },
  { verdict, reason }: Pick<Decision, "verdict" | "reason">,
): void => observe({ event: EVENT_OF[verdict], action, topicId, consumer, reason });

/** Decides, and reports how. */
export async function decideAccess(
  { authorize, timeoutMs, observe, now }: Gate,
  request: AuthorizeRequest,
): Promise<Access> {
  if (authorize === EVERYBODY) {
    if (request.action !== "PUBLISH") return { verdict: "allowed" };
    // Whoever let everybody read did not decide that everybody may write
    const reason = 'authorize is "everybody", which does not include PUBLISH';
    reportDecision(observe, request, { verdict: "denied", reason });
    return { verdict: "denied" };
  }
  // A revocation while the hook is at work is perhaps later than what the hook has read
  const askedAtMs = now();
  const { reason, code: _, ...access } = await decideInTime(authorize, request, { timeoutMs, askedAtMs });
  reportDecision(observe, request, { verdict: access.verdict, reason });
  return access;
}

/** Asks a hook of any kind of request. A hook that takes too long has not decided. */
export function decideInTime<Request extends Pick<AuthorizeRequest, "action">>(
  authorize: (request: Request) => AuthorizeResult | Promise<AuthorizeResult>,
  request: Request,
  { timeoutMs, askedAtMs }: { timeoutMs: number; askedAtMs: number },
): Promise<Decision> {
  return atMostFor<Decision>(systemClock, timeoutMs, decide(authorize, request, askedAtMs), {
    verdict: "undecided",
    reason: `the hook did not return within ${timeoutMs} ms`,
  });
}

async function decide<Request extends Pick<AuthorizeRequest, "action">>(
  authorize: (request: Request) => unknown,
  request: Request,
  askedAtMs: number,
): Promise<Decision> {
  try {
    return decisionOf(await authorize(request), request.action, askedAtMs);
  } catch (error) {
    const reason = `the hook threw ${labelsOf(error)}`;
    return isDenial(error)
      ? { verdict: "denied", reason, code: error.code }
      : { verdict: "undecided", reason };
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

const isDenial = (error: unknown): error is PubsubError => isPubsubError(error) && DENIALS.has(error.code);

function decisionOf(returned: unknown, action: AuthorizeRequest["action"], askedAtMs: number): Decision {
  if (returned === true) {
    return { verdict: "allowed", reason: "the hook returned true", grant: { decidedAtMs: askedAtMs } };
  }
  // A hook that forgot its `return` must not let everybody in
  if (returned === false || returned === undefined) {
    return { verdict: "denied", reason: `the hook returned ${returned ?? "nothing"}` };
  }
  if (!isDecision(returned)) {
    return { verdict: "undecided", reason: `the hook returned a value of type ${typeof returned}` };
  }
  const { allow, subprotocol, ...terms } = returned;
  const reason = `the hook returned allow: ${allow}`;
  if (!allow) return { verdict: "denied", reason, subprotocol };
  if (action !== "CONNECT" || terms.userId !== undefined) {
    return { subprotocol, ...withTerms(terms, askedAtMs, reason) };
  }
  const given = Object.entries(terms).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (given.length === 0) return { verdict: "allowed", reason, subprotocol };
  return {
    verdict: "undecided",
    reason: `${reason} with ${given.join(", ")}, which a CONNECT without a userId cannot have`,
  };
}

/** An unknown field may be a misspelled condition, so that such an object must not allow anything. */
function isDecision(value: unknown): value is AuthorizeDecision {
  if (!isRecord(value)) return false;
  const { allow, subprotocol, until, userId, info, issuedAt, ...unknown } = value;
  if (typeof allow !== "boolean" || Object.keys(unknown).length > 0) return false;
  return subprotocol === undefined || typeof subprotocol === "string";
}
