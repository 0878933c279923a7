import { createBoundedMap } from "../bounded-map.ts";
import type { Publication } from "../types.ts";

/**
 * Remembers the fan-outs that this process queued or is queueing. If the process publishes the same publication again
 * soon, no second message is needed: it would only find its first step claimed by a worker and wait for it.
 */
export interface RecentFanouts {
  remember(publications: readonly Publication[], queueing: Promise<void>): void;
  /**
   * Returns whether the fan-out is queued, or undefined if this process does not know it. Waits for the result if it is
   * being queued now.
   */
  isQueued(publication: Publication): Promise<boolean | undefined>;
}

const REMEMBERED_MAX = 1_000;

export function createRecentFanouts(): RecentFanouts {
  const recent = createBoundedMap<Promise<boolean>>(REMEMBERED_MAX);
  return {
    remember(publications, queueing) {
      const queued = queueing.then(
        () => true,
        () => false,
      );
      for (const publication of publications) {
        recent.set(keyOf(publication), queued);
      }
    },
    isQueued: async (publication) => recent.get(keyOf(publication)),
  };
}

const keyOf = ({ topicId, epoch, offset }: Publication): string => JSON.stringify([topicId, epoch, offset]);
