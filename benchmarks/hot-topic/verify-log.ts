import type { Published } from "./orders.ts";

export interface LogVerdict {
  /** Whether the offsets ascend from 1 without a missing or a repeated offset. */
  contiguous: boolean;
  /** Publishes that resolved but are not in the log at the returned offset. */
  lost: number;
  /** Events for which no publish resolved. */
  extra: number;
  /** Publishes that began after another one had resolved, in any process, but got a lower offset. */
  outOfOrder: number;
}

/** Compares the log of a topic with the results that its publishers got. */
export function verifyLog(
  log: readonly { offset: number; publicationId: string }[],
  published: readonly Published[],
): LogVerdict {
  const logged = new Map(log.map(({ offset, publicationId }) => [offset, publicationId]));
  const found = published.filter(({ offset, publicationId }) => logged.get(offset) === publicationId);
  return {
    contiguous: log.every(({ offset }, index) => offset === index + 1),
    lost: published.length - found.length,
    extra: log.length - new Set(found.map(({ offset }) => offset)).size,
    outOfOrder: countOutOfOrder(published),
  };
}

function countOutOfOrder(published: readonly Published[]): number {
  let lastStartMs = Number.NEGATIVE_INFINITY;
  let count = 0;
  for (const { startedMs, resolvedMs } of published.toSorted((a, b) => a.offset - b.offset)) {
    if (resolvedMs < lastStartMs) count += 1;
    lastStartMs = Math.max(lastStartMs, startedMs);
  }
  return count;
}
