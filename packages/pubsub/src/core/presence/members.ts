import type { Ports } from "../ports.ts";
import { membersTopic } from "../reserved-topics.ts";
import { listedSubscriptions } from "../subscriptions/subscribers.ts";
import type { Subscription } from "../types.ts";
import { utf8Length } from "../utf8.ts";

/** A member as others see it. A user with several connections is one member. */
export interface Member {
  userId: string;
  /** As JSON text. */
  info?: string | undefined;
  /** When the first of the user's connections became a member. Milliseconds since 1970. */
  sinceMs: number;
}

/** Our own limits: above them, members learn only how many there are. A list of this size is one metered message. */
export const LISTED_MAX = 200;
const LIST_BYTES_MAX = 24_576;

interface MembersQuery {
  topicId: string;
  /** Leaves out connections that were not heard of since then, and users who have left. Milliseconds since 1970. */
  activeSinceMs?: number | undefined;
  /** Reads at most this many pages of a thousand rows. Default: all. */
  pagesMax?: number;
}

/**
 * Reads who the members of a topic are: the users of the subscriptions to its members topic, and the users who left a
 * moment ago. The index lags, and those who left are read after it, so that nobody who moves from the one to the other
 * is missing in both.
 */
export async function readMembers(
  ports: Pick<Ports, "subscriptions" | "observe">,
  { topicId, activeSinceMs, pagesMax }: MembersQuery,
): Promise<Member[]> {
  const users = new Map<string, Found>();
  for await (const row of listedSubscriptions(ports, membersTopic(topicId), pagesMax)) {
    if (isActive(row, activeSinceMs)) add(users, row);
  }
  if (activeSinceMs === undefined) {
    for (const { userId, info, sinceMs } of await ports.subscriptions.leftOf(topicId)) {
      if (!users.has(userId)) users.set(userId, { userId, info, sinceMs, newestMs: sinceMs, of: "" });
    }
  }
  return [...users.values()].map(({ userId, info, sinceMs }) => ({ userId, info, sinceMs })).sort(byUser);
}

interface Found extends Member {
  /** When the newest of the user's connections became a member, and which one that is. Its info is the user's. */
  newestMs: number;
  of: string;
}

const isActive = ({ activeAtMs, subscribedAt }: Subscription, sinceMs = 0): boolean =>
  Math.max(activeAtMs ?? 0, subscribedAt) >= sinceMs;

function add(users: Map<string, Found>, row: Subscription): void {
  const { userId, info, subscribedAt, consumer } = row;
  if (userId === undefined) return;
  const own = { userId, info, sinceMs: subscribedAt, newestMs: subscribedAt, of: consumer.connectionId };
  const known = users.get(userId);
  if (!known) {
    users.set(userId, own);
    return;
  }
  const isNewer = subscribedAt > known.newestMs || (subscribedAt === known.newestMs && own.of > known.of);
  const sinceMs = Math.min(known.sinceMs, subscribedAt);
  users.set(userId, { ...(isNewer ? own : known), sinceMs });
}

/** In an order that every reader gets, so that equal lists are equal texts. */
const byUser = (a: Member, b: Member): number => (a.userId < b.userId ? -1 : a.userId > b.userId ? 1 : 0);

/** Returns the data of an event of the members topic as JSON text: `{ count, list? }`. */
export function membersText(members: readonly Member[]): string {
  const count = members.length;
  if (count > LISTED_MAX) return `{"count":${count}}`;
  const list = `[${members.map(memberText).join(",")}]`;
  return utf8Length(list) > LIST_BYTES_MAX ? `{"count":${count}}` : `{"count":${count},"list":${list}}`;
}

const memberText = ({ userId, info }: Member): string =>
  `{"userId":${JSON.stringify(userId)}${info === undefined ? "" : `,"info":${info}`}}`;
