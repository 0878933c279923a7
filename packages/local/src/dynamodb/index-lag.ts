import { isRecord } from "../options/option-rules.ts";

/**
 * Returns a query's response as an index that lags would give it: without the items that are too young. Items
 * without a time of writing stay. The next page begins after the last visible item. If no item is visible, it begins
 * after the last item of the page, so that paging ends.
 */
export function withholdYoungItems(
  answer: Record<string, unknown>,
  sinceMs: number,
): Record<string, unknown> {
  const items: unknown[] = Array.isArray(answer.Items) ? answer.Items : [];
  const seen = items.filter((item) => !(numberIn(item, "subscribedAt") > sinceMs));
  const withheld = items.length - seen.length;
  if (withheld === 0) return answer;
  const { LastEvaluatedKey: end } = answer;
  const last = seen.at(-1);
  return {
    ...answer,
    Items: seen,
    Count: seen.length,
    ScannedCount: Number(answer.ScannedCount ?? items.length) - withheld,
    ...(isRecord(end) && { LastEvaluatedKey: isRecord(last) ? keyOf(end, last) : end }),
  };
}

/** The key of an item, as far as it was projected; what was not is the same for all of the page's. */
function keyOf(end: Record<string, unknown>, item: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(end).map(([name, value]) => [name, item[name] ?? value]));
}

function numberIn(item: unknown, name: string): number {
  const attribute = isRecord(item) ? item[name] : undefined;
  return isRecord(attribute) ? Number(attribute.N) : Number.NaN;
}
