/** The claims of a topic token and their limits. docs/security.md describes them for other languages. */
import { idProblem } from "../core/ids.ts";
import { TOKEN_SECONDS_MAX } from "../core/limits.ts";

/** The issuer and the audience, so that a token that the same key signed for another purpose is rejected. */
export const TOKEN_PARTY = "lambda-websocket-pubsub";

export const TOKEN_SECONDS_DEFAULT = 300;

export interface TopicClaims {
  topics: readonly string[];
  iat: number;
  exp: number;
  connectionId?: string | undefined;
  sub?: string | undefined;
}

/** Reads the claims of a token whose signature, parties and times are valid. Returns undefined if they are invalid. */
export function readClaims(payload: Readonly<Record<string, unknown>>): TopicClaims | undefined {
  const { topics, iat, exp, connectionId, sub } = payload;
  if (typeof iat !== "number" || typeof exp !== "number" || exp - iat > TOKEN_SECONDS_MAX) return undefined;
  if (!Array.isArray(topics) || topics.length === 0 || !topics.every(isId)) return undefined;
  if (connectionId !== undefined && !isId(connectionId)) return undefined;
  // A token whose user has no valid id could not be revoked
  if (sub !== undefined && !isId(sub)) return undefined;
  return { topics, iat, exp, connectionId, sub };
}

const isId = (value: unknown): value is string => idProblem("", value) === undefined;
