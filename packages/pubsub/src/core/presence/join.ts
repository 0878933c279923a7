import type { LogSettings } from "../log/log-settings.ts";
import { findEnd } from "../log/position.ts";
import type { Ports } from "../ports.ts";
import { membersTopic } from "../reserved-topics.ts";
import type { Position } from "../types.ts";
import { membersText, readMembers } from "./members.ts";
import { decodeMembers, type ListedMember, type MembersAt, type MembersState } from "./state.ts";
import { ensureTick } from "./ticks.ts";

type JoinPorts = Pick<Ports, "subscriptions" | "log" | "queue" | "clock" | "observe">;

export interface Joining {
  topicId: string;
  userId: string;
  /** As JSON text. */
  info?: string | undefined;
}

/**
 * Returns who the members are, for a connection whose membership has just been written: what the newest event says, and the
 * user. That is what the other members see too, and costs one query, however many they are. Only a topic without an event
 * has no such list, so that it is read from the index. If the event does not show the user as he is, a tick follows.
 */
export async function joinMembers(
  ports: JoinPorts,
  { topicId, userId, info }: Joining,
  settings: LogSettings,
): Promise<{ members: MembersAt; readUnits: number }> {
  const { readUnits, state, isEvent, ...position } = await readState(ports, topicId, settings);
  const own: ListedMember = { userId, ...(info !== undefined && { info: JSON.parse(info) as unknown }) };
  // The index may show the user before any event does, and the other members only see events
  const shown = isEvent ? state.list?.find((member) => member.userId === userId) : undefined;
  if (!shown || JSON.stringify(shown.info) !== info) {
    await ensureTick(ports, { topicId, slot: "soon", members: state.count });
  }
  return { members: { ...position, ...withMember(state, own) }, readUnits };
}

/** Without a list it is not known whether the user is counted. The next event says it. */
function withMember({ count, list }: MembersState, own: ListedMember): MembersState {
  if (!list) return { count: Math.max(1, count) };
  const others = list.filter(({ userId }) => userId !== own.userId);
  return { count: others.length + 1, list: [...others, own] };
}

/** A page of a thousand rows of the usual size, and the query for those who left. */
const PAGE_UNITS_MAX = 50;

async function readState(
  ports: JoinPorts,
  topicId: string,
  settings: LogSettings,
): Promise<Position & { state: MembersState; isEvent: boolean; readUnits: number }> {
  const { log, clock } = ports;
  const members = membersTopic(topicId);
  const { epoch, events, readUnits = 1 } = await log.newest({ topicId: members, limit: 1 });
  const [newest] = events;
  const state = newest && decodeMembers(newest.json);
  // An event that expires soon may be the last of an epoch that is over
  const isRecent = newest && clock.now() - newest.publishedAt < settings.retentionSeconds * 500;
  if (epoch !== undefined && state && isRecent) {
    return { epoch, offset: newest.offset, state, isEvent: true, readUnits };
  }
  const end = await findEnd({ log, clock }, members, settings);
  // A stranger must not cause more reads than this. If there are more members, the next event says so
  const known = decodeMembers(membersText(await readMembers(ports, { topicId, pagesMax: 1 })));
  return {
    ...end.position,
    state: known ?? { count: 0 },
    isEvent: false,
    readUnits: readUnits + end.readUnits + PAGE_UNITS_MAX,
  };
}
