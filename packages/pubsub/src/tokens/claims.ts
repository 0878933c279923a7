/** What a topic token says, and the numbers it is held to; docs/security.md has them for other languages. */
import { idProblem } from "../core/ids.ts";

/** Both the issuer and the audience: no token made for something else with the same key is one of ours. */
export const TOKEN_PARTY = "lambda-websocket-pubsub";

export const TOKEN_SECONDS_DEFAULT = 300;
/** From `iat` to `exp`, whatever minted it. */
export const TOKEN_SECONDS_MAX = 86_400;
/** How far the clocks of whoever mints and of whoever checks may differ. */
export const CLOCK_TOLERANCE_SECONDS = 5;

export interface TopicClaims {
  topics: readonly string[];
  iat: number;
  exp: number;
  connectionId?: string | undefined;
}

/** The claims of a token whose signature, parties and times hold, or nothing if they are not a topic token's. */
export function readClaims(payload: Readonly<Record<string, unknown>>): TopicClaims | undefined {
  const { topics, iat, exp, connectionId } = payload;
  if (typeof iat !== "number" || typeof exp !== "number" || exp - iat > TOKEN_SECONDS_MAX) return undefined;
  if (!Array.isArray(topics) || topics.length === 0 || !topics.every(isId)) return undefined;
  if (connectionId !== undefined && !isId(connectionId)) return undefined;
  return { topics, iat, exp, connectionId };
}

const isId = (value: unknown): value is string => idProblem("", value) === undefined;
