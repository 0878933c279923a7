import type { SubscriptionState } from "../../core/ports.ts";
import type { Abandonments } from "../../core/types.ts";
import { awsFailure } from "../sdk/aws-failure.ts";
import { type Item, number, readNumber } from "./attributes.ts";
import { isRefusal } from "./refusals.ts";

/** The attributes of a subscription that say how often deliveries to it were abandoned. */
export const ABANDONMENTS: readonly string[] = ["abandonedInRow", "abandonedInAll", "abandonedAtMs"];

/** Returns undefined for a row without them, or with others than this version writes. */
export function readAbandonments(item: Item): Abandonments | undefined {
  const counts = ABANDONMENTS.map((name) => readNumber(item, name) ?? Number.NaN);
  if (!counts.every((count) => Number.isSafeInteger(count) && count >= 0)) return undefined;
  const [inRow = 0, inAll = 0, lastAtMs = 0] = counts;
  return { inRow, inAll, lastAtMs };
}

type Values = Record<string, Item[string]>;

export const toUpdate = ({
  inRow,
  inAll,
  lastAtMs,
}: Abandonments): { UpdateExpression: string; values: Values } => ({
  UpdateExpression: "SET abandonedInRow = :row, abandonedInAll = :all, abandonedAtMs = :at",
  values: { ":row": number(inRow), ":all": number(inAll), ":at": number(lastAtMs) },
});

/** The condition that the row is still as it was read. A row written by hand may have no `subscribedAt`, read as 0. */
export function stillSame({ subscribedAt, abandonments }: SubscriptionState): {
  ConditionExpression: string;
  values: Values;
} {
  const began = subscribedAt === 0 ? "attribute_not_exists(subscribedAt)" : "subscribedAt = :began";
  const counted = abandonments
    ? "abandonedAtMs = :readAt AND abandonedInRow = :readRow"
    : "attribute_not_exists(abandonedAtMs)";
  return {
    ConditionExpression: `attribute_exists(p) AND ${began} AND ${counted}`,
    values: {
      ...(subscribedAt !== 0 && { ":began": number(subscribedAt) }),
      ...(abandonments && {
        ":readAt": number(abandonments.lastAtMs),
        ":readRow": number(abandonments.inRow),
      }),
    },
  };
}

/** Returns false if the condition of the call did not hold. */
export async function unlessChanged(operation: string, call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call();
    return true;
  } catch (cause) {
    if (isRefusal(cause, "ConditionalCheckFailedException")) return false;
    throw awsFailure("STORAGE_FAILED", operation, cause);
  }
}
