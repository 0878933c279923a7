/** The claims of a topic token and their limits. docs/security.md describes them for other languages. */
import { idProblem } from "../core/ids.ts";

/** The issuer and the audience, so that a token that the same key signed for another purpose is rejected. */
export const TOKEN_PARTY = "lambda-websocket-pubsub";

export const TOKEN_SECONDS_DEFAULT = 300;
/** The longest time from `iat` to `exp`, also for tokens that other code minted. */
export const TOKEN_SECONDS_MAX = 86_400;
/** How far the clocks of the machines that mint and check may differ. */
export const CLOCK_TOLERANCE_SECONDS = 5;

export interface TopicClaims {
  topics: readonly string[];
  iat: number;
  exp: number;
  connectionId?: string | undefined;
}

/** Reads the claims of a token whose signature, parties and times are valid. Returns undefined if they are invalid. */
export function readClaims(payload: Readonly<Record<string, unknown>>): TopicClaims | undefined {
  const { topics, iat, exp, connectionId } = payload;
  if (typeof iat !== "number" || typeof exp !== "number" || exp - iat > TOKEN_SECONDS_MAX) return undefined;
  if (!Array.isArray(topics) || topics.length === 0 || !topics.every(isId)) return undefined;
  if (connectionId !== undefined && !isId(connectionId)) return undefined;
  return { topics, iat, exp, connectionId };
}

const isId = (value: unknown): value is string => idProblem("", value) === undefined;
