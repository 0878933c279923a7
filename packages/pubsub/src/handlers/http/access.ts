import type { PubsubErrorCode } from "../../core/errors.ts";
import { TOKEN_LENGTH_MAX } from "../../core/limits.ts";
import { isRecord } from "../../core/options/option-rules.ts";
import type { HandlerPorts } from "../../core/ports.ts";
import { checkStanding } from "../../core/subscriptions/check-access.ts";
import { unlessRevoked } from "../access-refusal.ts";
import {
  type AuthorizeResult,
  type Decision,
  decideInTime,
  reportDecision,
  type Verdict,
} from "../authorize.ts";
import { noUser } from "../connection-user.ts";
import { headerOf } from "./body.ts";
import type { HttpEvent } from "./http-types.ts";
import { HttpProblem } from "./problem.ts";

export interface HttpAuthorizeRequest {
  /** `PUBLISH` for a POST, `SUBSCRIBE` for a GET: who may subscribe may also read. */
  action: "PUBLISH" | "SUBSCRIBE";
  topicId: string;
  /** Of the header `Authorization: Bearer`. */
  token?: string | undefined;
  /** Always absent: nobody is connected. It is here so that a hook of a WebSocket API can also decide about HTTP. */
  consumer?: undefined;
  /** Returns undefined, for the same reason. */
  user: () => Promise<undefined>;
  /** The whole event: with headers, and with `requestContext.authorizer`. */
  event: HttpEvent;
}

/** Decides as the `authorize` of `createWebsocketHandler` does. */
export type HttpAuthorize = (request: HttpAuthorizeRequest) => AuthorizeResult | Promise<AuthorizeResult>;

/** Every caller whose signature AWS has verified may publish and read, as far as its IAM policies let it call. */
export const IAM = "iam";

export interface HttpGate {
  authorize: HttpAuthorize | typeof IAM;
  timeoutMs: number;
}

type AccessPorts = Pick<HandlerPorts, "subscriptions" | "clock" | "observe">;

/** Throws 401, 403 or 503 unless the caller may do this. Reports the decision with its reason, which only the log gets. */
export async function assertAllowed(
  ports: AccessPorts,
  { authorize, timeoutMs }: HttpGate,
  request: Omit<HttpAuthorizeRequest, "token" | "user">,
): Promise<void> {
  const { action, topicId, event } = request;
  const token = bearerOf(event);
  const askedAtMs = ports.clock.now();
  const decision =
    authorize === IAM
      ? decisionByIam(event)
      : await decideInTime(authorize, { ...request, token, user: noUser }, { timeoutMs, askedAtMs });
  reportDecision(ports.observe, request, decision);
  const { verdict, code, grant } = decision;
  if (verdict !== "allowed") throw problemOfVerdict(verdict, code);
  const standing = await unlessRevoked(ports.observe, { action, topicId, grant }, () =>
    checkStanding(ports, { topicId, grant }),
  );
  if (standing.verdict !== "allowed") throw problemOfVerdict(standing.verdict);
}

/**
 * AWS sets this object only after it has verified the request's signature and policies. A function URL with the auth type NONE,
 * and a route without authorizer, have none: their callers are strangers.
 */
function decisionByIam({ requestContext }: HttpEvent): Decision {
  const { authorizer } = requestContext ?? {};
  const iam = isRecord(authorizer) ? authorizer.iam : undefined;
  const { userArn } = isRecord(iam) ? iam : {};
  if (typeof userArn === "string" && userArn !== "") {
    return { verdict: "allowed", reason: `the request is signed by ${userArn}` };
  }
  return { verdict: "denied", reason: "no IAM authorizer has verified the request" };
}

/** https://www.rfc-editor.org/rfc/rfc6750#section-3 */
const CHALLENGES: { readonly [Code in PubsubErrorCode]?: readonly [message: string, challenge: string] } = {
  TOKEN_MISSING: ["authorization must be Bearer with a topic token; got no token", "Bearer"],
  TOKEN_INVALID: ["the token is not valid; get another", 'Bearer error="invalid_token"'],
  TOKEN_EXPIRED: ["the token has expired; get another", 'Bearer error="invalid_token"'],
};

function problemOfVerdict(verdict: Exclude<Verdict, "allowed">, code?: PubsubErrorCode): HttpProblem {
  if (verdict === "denied") return denialOf(code);
  return new HttpProblem(
    503,
    "AUTHORIZE_FAILED",
    "it could not be decided whether you may do this; try again",
  );
}

function denialOf(code: PubsubErrorCode | undefined): HttpProblem {
  const challenged = code === undefined ? undefined : CHALLENGES[code];
  if (code === undefined || challenged === undefined) {
    return new HttpProblem(403, "FORBIDDEN", "you may not do this with this topic");
  }
  const [message, challenge] = challenged;
  return new HttpProblem(401, code, message, { headers: { "www-authenticate": challenge } });
}

/** https://www.rfc-editor.org/rfc/rfc6750#section-2.1. Another scheme, such as that of a signature, is no token. */
function bearerOf({ headers }: HttpEvent): string | undefined {
  const [, token] = /^Bearer +([\w.~+/-]+=*) *$/i.exec(headerOf(headers, "authorization") ?? "") ?? [];
  if (token !== undefined && token.length > TOKEN_LENGTH_MAX) throw denialOf("TOKEN_INVALID");
  return token;
}
