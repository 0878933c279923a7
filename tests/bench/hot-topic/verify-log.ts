import type { Published } from "./orders.ts";

export interface LogVerdict {
  /** Offsets go from 1 up, without a hole or a second event at one of them. */
  contiguous: boolean;
  /** Publishes that resolved and are not in the log where they were said to be. */
  lost: number;
  /** Events that no publish resolved with. */
  extra: number;
  /** Publishes that began after another one had resolved, in whatever process, and got a lower offset. */
  outOfOrder: number;
}

/** Compares what a topic's log holds, as read, with what was resolved to whoever published. */
export function verifyLog(
  log: readonly { offset: number; publicationId: string }[],
  published: readonly Published[],
): LogVerdict {
  const standing = new Map(log.map(({ offset, publicationId }) => [offset, publicationId]));
  const found = published.filter(({ offset, publicationId }) => standing.get(offset) === publicationId);
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
