import { topicIdProblem } from "../ids.ts";
import { parseRecord } from "../json.ts";
import { queueText } from "../queue-text.ts";

/** A message of the fan-out queue that asks for a tick: tell a topic's members who they are, if that has changed. */
export interface MembersMessage {
  topicId: string;
  /** Counts the looks at the same change, from 1: the index lags, so that one look is not enough. */
  round: number;
  /** How often this round failed before. */
  failures: number;
}

const VERSION = 1;
const KIND = "members";

/** Our own limits. A message above them is not this library's. */
export const ROUNDS_MAX = 6;
export const FAILURES_MAX = 5;

export const encodeMembersMessage = ({ topicId, round, failures }: MembersMessage): string =>
  queueText({ v: VERSION, kind: KIND, topicId, round, failures: failures || undefined });

/** Returns the message, or undefined if the body is of another kind or malformed: the other decoder says why. */
export function decodeMembersMessage(body: string): MembersMessage | undefined {
  const message = body.includes(KIND) ? parseRecord(body) : undefined;
  if (!message) return undefined;
  const { v, kind, topicId, round, failures = 0 } = message;
  if (v !== VERSION || kind !== KIND || topicIdProblem(topicId) !== undefined) return undefined;
  if (!isCount(round, 1, ROUNDS_MAX) || !isCount(failures, 0, FAILURES_MAX)) return undefined;
  return { topicId: String(topicId), round, failures };
}

const isCount = (value: unknown, min: number, max: number): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max;
