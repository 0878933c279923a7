/**
 * The topics that are the library's own. A client cannot name them in a message or over HTTP, and no token allows them:
 * a client that could subscribe to `$user/7` by its name would read what is sent to user 7. It imports nothing, because `ids.ts`
 * needs it.
 */

const USER = "$user/";
const MEMBERS = "$members/";

/** What the reserved topics begin with. After it comes an id of its own, of up to the full length. */
const PREFIXES = [USER, MEMBERS] as const;

/** Returns the topic that all connections of a user may get, and nobody else. */
export const userTopic = (userId: string): string => `${USER}${userId}`;

/** Returns the topic that tells who the members of a topic are. */
export const membersTopic = (topicId: string): string => `${MEMBERS}${topicId}`;

export const isMembersTopic = (topicId: string): boolean => topicId.startsWith(MEMBERS);

/** Returns the topic whose members a topic is about, or undefined if it is not about members. */
export const topicOfMembers = (topicId: string): string | undefined =>
  isMembersTopic(topicId) ? topicId.slice(MEMBERS.length) : undefined;

/** Returns the prefix of a reserved topic, or undefined for any other topic. */
export const reservedPrefix = (topicId: string): string | undefined =>
  PREFIXES.find((prefix) => topicId.startsWith(prefix));

/** Returns why a client must not name this topic, or undefined if it may. */
export function reservedProblem(topicId: string): string | undefined {
  const prefix = reservedPrefix(topicId);
  return prefix && `topicId must not begin with ${prefix}, which is reserved`;
}
