import { type Is, isListOf, isObject, isOffset, isShape, isString } from "./is.ts";
import type { Member, Members, MembersChange } from "./presence-types.ts";

const isList = isListOf(isShape({ userId: isString }));

/** Whether a value from the server is a list of members, or their count alone. */
export const isMembers: Is = (value) =>
  isObject(value) && isOffset(value.count) && (value.list === undefined || isList(value.list));

/** Returns what is different, or nothing if the same users are in the topic. The order of a list does not count. */
export function changeOf(before: Members | undefined, after: Members): MembersChange | undefined {
  const joined: Member[] = [];
  const updated: Member[] = [];
  const left = new Map(before?.list?.map((member) => [member.userId, member]));
  if (before?.list && after.list) {
    for (const member of after.list) {
      const known = left.get(member.userId);
      if (!known) joined.push(member);
      else if (JSON.stringify(known.info) !== JSON.stringify(member.info)) updated.push(member);
      left.delete(member.userId);
    }
  } else left.clear();
  const isSame = before?.count === after.count && !before.list === !after.list;
  if (isSame && !joined.length && !updated.length && !left.size) return undefined;
  return { ...after, joined, left: [...left.values()], updated };
}
