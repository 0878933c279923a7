import type { LiveTopics } from "../ports.ts";
import type { Subscription } from "../types.ts";

/** Collects the topics of a connection's rows. */
export function newLiveTopics(): Omit<LiveTopics, "complete"> & {
  add(topicId: string, row: Subscription | "expired"): void;
} {
  const topicIds = new Set<string>();
  const latest = new Set<string>();
  const ends = new Map<string, number>();
  const expired = new Set<string>();
  return {
    topicIds,
    latest,
    ends,
    expired,
    add(topicId, row) {
      if (row === "expired") {
        expired.add(topicId);
        return;
      }
      topicIds.add(topicId);
      if (row.latest) latest.add(topicId);
      if (row.expiresAtSeconds !== undefined) ends.set(topicId, row.expiresAtSeconds);
    },
  };
}
