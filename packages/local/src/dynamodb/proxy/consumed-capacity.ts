import { isRecord } from "../../options/option-rules.ts";
import type { AnswerEnds } from "./answer-ends.ts";

/** The units that DynamoDB reports for one table. */
export interface ConsumedCapacity {
  /** The units of the table and its indexes together. */
  total: number;
  /** True if a transaction reports read units, because it was repeated with its token. */
  isRead: boolean;
}

const MEMBER = '"ConsumedCapacity":';

/**
 * Finds the member without parsing the whole response, which may be a megabyte. The member is the first or the last of
 * a response. Inside a string its quotes would be escaped.
 */
export function findConsumedCapacity(ends: AnswerEnds): ConsumedCapacity[] {
  const head = ends.head();
  const isFirst = head.startsWith(`{${MEMBER}`);
  const text = isFirst ? head : ends.tail();
  const at = isFirst ? 1 : text.lastIndexOf(MEMBER);
  if (at < 0) return [];
  const value: unknown = JSON.parse(balanced(text.slice(at + MEMBER.length)));
  return (Array.isArray(value) ? value : [value]).filter(isRecord).map(toConsumed);
}

/** Returns the object or array at the beginning of `text`. Names of tables and indexes cannot contain brackets. */
function balanced(text: string): string {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") depth--;
    if (depth === 0) return text.slice(0, at + 1);
  }
  return "null";
}

function toConsumed(consumed: Record<string, unknown>): ConsumedCapacity {
  const { CapacityUnits, ReadCapacityUnits } = consumed;
  return { total: Number(CapacityUnits ?? 0), isRead: ReadCapacityUnits !== undefined };
}
