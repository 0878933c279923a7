import type { DeadLetter } from "lambda-websocket-pubsub";
import type { Choice } from "./choice.ts";

/** Returns whether the flags choose this letter. */
export function matches(letter: DeadLetter, { topic, code }: Choice): boolean {
  if (code !== undefined && letter.code !== code) return false;
  return topic === undefined || (!letter.malformed && letter.topicId === topic);
}
