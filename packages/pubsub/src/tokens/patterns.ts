/** The patterns of a token with `v: 2`: a topic, or a prefix of whole segments with a wildcard after it. */

const PATTERN = /^(?<prefix>[^*]+\/)(?<wildcard>\*\*?)$/s;

/** Returns why a text is no pattern, or undefined if it is one. */
export function patternProblem(pattern: string): string | undefined {
  if (!pattern.includes("*") || PATTERN.test(pattern)) return undefined;
  return "a topic with * must end in /* or /**, and have text before that and no other *";
}

/**
 * Returns whether a topic is among those of the pattern. `room/*` are the topics with exactly one more segment, and `room/**`
 * those with one or more. A segment is the text between two slashes, and not empty. A text that is no pattern is no topic's.
 */
export function matchesPattern(pattern: string, topicId: string): boolean {
  if (!pattern.includes("*")) return pattern === topicId;
  const { prefix, wildcard } = PATTERN.exec(pattern)?.groups ?? {};
  if (prefix === undefined || !topicId.startsWith(prefix)) return false;
  const segments = topicId.slice(prefix.length).split("/");
  return segments.every((segment) => segment !== "") && (wildcard === "**" || segments.length === 1);
}
