import { idProblem } from "../ids.ts";
import { parseRecord } from "../json.ts";
import type { Position } from "../types.ts";

/** A member as a message has it. */
export interface ListedMember {
  userId: string;
  /** Any JSON value. */
  info?: unknown;
}

/** How many members a topic has, and who they are. The list is absent if there are too many for one message. */
export interface MembersState {
  count: number;
  list?: ListedMember[];
}

/** The members of a topic, and the position in its members topic after which changes are posted. */
export type MembersAt = Position & MembersState;

/** Decodes the data of an event of a members topic. Undefined for what this library did not write. Never throws. */
export function decodeMembers(json: string): MembersState | undefined {
  const state = parseRecord(json);
  if (!state) return undefined;
  const { count, list } = state;
  if (typeof count !== "number" || !Number.isSafeInteger(count) || count < 0) return undefined;
  if (list === undefined) return { count };
  return Array.isArray(list) && list.every(isListed) ? { count, list } : undefined;
}

const isListed = (value: unknown): value is ListedMember =>
  typeof value === "object" &&
  value !== null &&
  idProblem("userId", (value as Partial<ListedMember>).userId) === undefined;
