import { createBoundedMap } from "../bounded-map.ts";

/**
 * What a process remembers of the topics whose first step needs a claim. For these it claims while it reads the index. For
 * all others it reads first, because most topics are small and need none.
 */
export interface ClaimGuess {
  needsClaim(topicId: string): boolean;
  learn(topicId: string, needsClaim: boolean): void;
}

const TOPICS_REMEMBERED_MAX = 1_000;

export function createClaimGuess(): ClaimGuess {
  const topics = createBoundedMap<true>(TOPICS_REMEMBERED_MAX);
  return {
    needsClaim: (topicId) => topics.get(topicId) === true,
    learn(topicId, needsClaim) {
      if (needsClaim) topics.set(topicId, true);
      else topics.delete(topicId);
    },
  };
}
