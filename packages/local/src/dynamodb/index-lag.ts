import { isRecord } from "../options/option-rules.ts";

/**
 * Returns a query's response as a lagging index would return it: without items that are too young. Items without a time
 * of writing stay. The next page begins after the last visible item. If no item is visible, it begins after the last
 * item of the page, so that paging ends.
 */
export function withholdYoungItems(
  response: Record<string, unknown>,
  sinceMs: number,
): Record<string, unknown> {
  const items: unknown[] = Array.isArray(response.Items) ? response.Items : [];
  const seen = items.filter((item) => !(numberIn(item, "subscribedAt") > sinceMs));
  const withheld = items.length - seen.length;
  if (withheld === 0) return response;
  const { LastEvaluatedKey: end } = response;
  const last = seen.at(-1);
  return {
    ...response,
    Items: seen,
    Count: seen.length,
    ScannedCount: Number(response.ScannedCount ?? items.length) - withheld,
    ...(isRecord(end) && { LastEvaluatedKey: isRecord(last) ? keyOf(end, last) : end }),
  };
}

/** Returns the item's key. Key attributes that were not projected have the same value in all items of the page. */
function keyOf(end: Record<string, unknown>, item: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(end).map(([name, value]) => [name, item[name] ?? value]));
}

function numberIn(item: unknown, name: string): number {
  const attribute = isRecord(item) ? item[name] : undefined;
  return isRecord(attribute) ? Number(attribute.N) : Number.NaN;
}
