/** The claims of a topic token and their limits. docs/security.md describes them for other languages. */
import { idProblem } from "../core/ids.ts";
import { TOKEN_SECONDS_MAX } from "../core/limits.ts";
import { reservedProblem } from "../core/reserved-topics.ts";
import { matchesPattern, patternProblem } from "./patterns.ts";

/** The issuer and the audience, so that a token that the same key signed for another purpose is rejected. */
export const TOKEN_PARTY = "lambda-websocket-pubsub";

/** The claim `v` of a token whose lists contain patterns. It is absent from any other token. */
export const WILDCARDS_VERSION = 2;

export const TOKEN_SECONDS_DEFAULT = 300;

export interface TopicClaims {
  /** What the bearer may subscribe to. */
  topics: readonly string[];
  /** What the bearer may publish to. */
  publish: readonly string[];
  /** Whether both lists contain patterns. Otherwise `*` is a character like any other. */
  wildcards: boolean;
  iat: number;
  exp: number;
  connectionId?: string | undefined;
  sub?: string | undefined;
}

/** Reads the claims of a token whose signature, parties and times are valid. Returns undefined if they are invalid. */
export function readClaims(payload: Readonly<Record<string, unknown>>): TopicClaims | undefined {
  const { topics = [], publish = [], iat, exp, connectionId, sub, v = 1 } = payload;
  if (typeof iat !== "number" || typeof exp !== "number" || exp - iat > TOKEN_SECONDS_MAX) return undefined;
  if (!isIdList(topics) || !isIdList(publish) || topics.length + publish.length === 0) return undefined;
  // What another version means is not known, and may be less than it seems
  if (v !== 1 && v !== WILDCARDS_VERSION) return undefined;
  const wildcards = v === WILDCARDS_VERSION;
  if (wildcards && [...topics, ...publish].some((each) => patternProblem(each) !== undefined))
    return undefined;
  if (connectionId !== undefined && !isId(connectionId)) return undefined;
  // A token whose user has no valid id could not be revoked
  if (sub !== undefined && !isId(sub)) return undefined;
  return { topics, publish, wildcards, iat, exp, connectionId, sub };
}

/**
 * Whether one of the claim's entries allows the topic. None allows a reserved topic: with a wildcard, or with a topic id that a
 * user chooses, a back end would otherwise hand out what is sent to another user.
 */
export function isNamed(topicId: string, named: readonly string[], wildcards: boolean): boolean {
  if (reservedProblem(topicId) !== undefined) return false;
  return wildcards ? named.some((pattern) => matchesPattern(pattern, topicId)) : named.includes(topicId);
}

const isIdList = (value: unknown): value is string[] => Array.isArray(value) && value.every(isId);

const isId = (value: unknown): value is string => idProblem("", value) === undefined;
