import { errors, type JWTPayload, jwtVerify } from "jose";
import { PubsubError, type PubsubErrorCode } from "../core/errors.ts";
import { CLOCK_TOLERANCE_SECONDS, TOKEN_SECONDS_MAX } from "../core/limits.ts";
import { checkOptions } from "../core/options/check-options.ts";
import { checkedLater, list } from "../core/options/option-rules.ts";
import type { Consumer } from "../core/types.ts";
import type { AuthorizeDecision, AuthorizeRequest } from "../handlers/authorize.ts";
import { isNamed, readClaims, TOKEN_PARTY, type TopicClaims } from "./claims.ts";
import { publicKey, secretKey, type TokenKey, type TopicTokenSecret } from "./keys.ts";

export interface TopicTokenAuthorizerOptions {
  /** The secret that `mintTopicToken` signs with: at least 32 bytes. */
  secret?: TopicTokenSecret | undefined;
  /** Several secrets that are accepted at the same time, so that one can replace another. */
  secrets?: readonly TopicTokenSecret[] | undefined;
  /** Ed25519 or P-256 keys in PEM (SPKI). With them, the function that checks tokens cannot mint any. */
  publicKeys?: readonly string[] | undefined;
}

/** A hook for `createWebsocketHandler` and for `createPublishHandler`, whose requests have no consumer. */
export type TopicTokenAuthorizer = (
  request: Omit<AuthorizeRequest, "consumer" | "event" | "user"> & {
    consumer?: Consumer | undefined;
    event?: object;
  },
) => Promise<true | AuthorizeDecision>;

/** Every token is checked against all keys, so their number is limited. */
const KEYS_MAX = 10;

/**
 * Creates an `authorize` hook that allows a SUBSCRIBE if its token names the topic, until the token expires, and a PUBLISH if
 * its token names the topic for publishing. No token allows a reserved topic (`$user/…`, `$members/…`). `revoke` puts out the user that the token's `sub` names. The hook allows every
 * CONNECT. 1 to 10 keys can be given.
 *
 * Throws `INVALID_ARGUMENT`. The hook throws `TOKEN_MISSING`, `TOKEN_INVALID`, `TOKEN_EXPIRED`,
 * `TOKEN_OF_OTHER_TOPIC` or `TOKEN_OF_OTHER_CONNECTION`. The handler takes these for a denial: the client
 * receives `FORBIDDEN`, and the code is for the log.
 *
 * @example
 * ```ts
 * import { createWebsocketHandler } from "lambda-websocket-pubsub/handlers";
 * import { createTopicTokenAuthorizer } from "lambda-websocket-pubsub/tokens";
 *
 * export const handler = createWebsocketHandler({
 *   config: { dynamodbTableName, fanoutQueueUrl },
 *   authorize: createTopicTokenAuthorizer({ secrets: [current, previous] }),
 * });
 * ```
 */
export function createTopicTokenAuthorizer(options: TopicTokenAuthorizerOptions): TopicTokenAuthorizer {
  checkOptions("createTopicTokenAuthorizer", options, {
    secret: { ...checkedLater, secret: true },
    secrets: { ...list, secret: true },
    publicKeys: list,
  });
  const keys = keysOf(options);
  return async ({ action, topicId, token, consumer }) => {
    if (action === "CONNECT") return true;
    if (token === undefined) throw refusal("TOKEN_MISSING", "there is no token");
    const claims = readClaims(await verified(token, keys));
    if (!claims) throw refusal("TOKEN_INVALID", "the claims are not those of a topic token");
    const topics = action === "PUBLISH" ? claims.publish : claims.topics;
    if (topicId === undefined || !isNamed(topicId, topics, claims.wildcards)) {
      throw refusal("TOKEN_OF_OTHER_TOPIC", `the token does not allow a ${action} of this topic`);
    }
    if (claims.connectionId !== undefined && claims.connectionId !== consumer?.connectionId) {
      throw refusal("TOKEN_OF_OTHER_CONNECTION", "the token is for another connection");
    }
    return grantOf(claims);
  };
}

/** The subscription ends when the token expires, and a revocation of the token's user after `iat` ends it too. */
function grantOf({ iat, exp, sub }: TopicClaims): AuthorizeDecision {
  // Without the tolerance for clocks: a subscription that has ended would be confirmed
  if (exp * 1_000 <= Date.now()) throw refusal("TOKEN_EXPIRED", "the token has expired");
  return { allow: true, until: exp, issuedAt: iat, userId: sub };
}

/** An error of jose may quote the token, so it is not passed on. */
async function verified(token: string, keys: readonly TokenKey[]): Promise<JWTPayload> {
  if (!isCanonical(token)) throw refusal("TOKEN_INVALID", "the token is not written as a JWT is");
  let isUnchecked = false;
  for (const { key, algorithm } of keys) {
    try {
      const { payload } = await jwtVerify(token, key, { ...CHECKS, algorithms: [algorithm] });
      return payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw refusal("TOKEN_EXPIRED", "the token has expired");
      isUnchecked ||= !(error instanceof errors.JOSEError);
    }
  }
  // An error that is not about the token, such as one of the cryptography, is no decision
  if (isUnchecked) throw new Error("the token could not be checked with every key");
  throw refusal("TOKEN_INVALID", "none of the keys accepts the token");
}

const CHECKS = {
  issuer: TOKEN_PARTY,
  audience: TOKEN_PARTY,
  clockTolerance: CLOCK_TOLERANCE_SECONDS,
  requiredClaims: ["iat", "exp"],
  maxTokenAge: TOKEN_SECONDS_MAX,
};

/** Base64 has unused bits at the end. Without this check one token could be written in several ways. */
const isCanonical = (token: string): boolean =>
  token.split(".").every((part) => Buffer.from(part, "base64url").toString("base64url") === part);

function keysOf({ secret, secrets = [], publicKeys = [] }: TopicTokenAuthorizerOptions): TokenKey[] {
  const keys = [
    ...(secret === undefined ? [] : [secretKey("secret", secret)]),
    ...secrets.map((each, index) => secretKey(`secrets[${index}]`, each)),
    ...publicKeys.map((each, index) => publicKey(`publicKeys[${index}]`, each)),
  ];
  if (keys.length >= 1 && keys.length <= KEYS_MAX) return keys;
  throw new PubsubError(
    "INVALID_ARGUMENT",
    `createTopicTokenAuthorizer must be given 1 to ${KEYS_MAX} of secret, secrets and publicKeys; got ${keys.length}`,
  );
}

const refusal = (code: PubsubErrorCode, message: string): PubsubError => new PubsubError(code, message);
