/** What the decoders of several actions share: fields that are checked alike, and the refusal of a message. */
import { topicIdProblem } from "./ids.ts";
import { TOKEN_LENGTH_MAX } from "./limits.ts";
import { reservedProblem } from "./reserved-topics.ts";

export type FrameErrorCode = "INVALID_FRAME" | "INVALID_TOPIC_ID" | "INVALID_PUBLICATION_ID";

export interface Refusal {
  ok: false;
  code: FrameErrorCode;
  message: string;
  /** Present if the decoder could still read it, as is the nonce. */
  requestId?: string;
  nonce?: string;
}

/** The fields of a message, as JSON has them. */
export type Fields = Record<string, unknown>;

export const refuse = (message: string, code: FrameErrorCode = "INVALID_FRAME"): Refusal => ({
  ok: false,
  code,
  message,
});

export function refuseTopicId(topicId: unknown): Refusal | undefined {
  const problem = topicIdProblem(topicId);
  return problem === undefined ? undefined : refuse(problem, "INVALID_TOPIC_ID");
}

/** As `refuseTopicId`, for what a client may only do with topics that are not reserved. */
export function refuseOwnTopicId(topicId: unknown): Refusal | undefined {
  const problem = topicIdProblem(topicId) ?? reservedProblem(String(topicId));
  return problem === undefined ? undefined : refuse(problem, "INVALID_TOPIC_ID");
}

/** The message names only type and length, because it goes to the client and into the log. */
export function refuseToken(token: unknown): Refusal | undefined {
  if (token === undefined || isToken(token)) return undefined;
  const got = typeof token === "string" ? `a string of ${token.length}` : `a value of type ${typeof token}`;
  return refuse(`token must be a string of 1 to ${TOKEN_LENGTH_MAX} characters; got ${got}`);
}

const isToken = (value: unknown): value is string =>
  typeof value === "string" && value.length >= 1 && value.length <= TOKEN_LENGTH_MAX;
