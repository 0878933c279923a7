import type { MembersChange, Position } from "lambda-websocket-pubsub-client";
import { nameOf } from "./user.ts";

/** People who came or went, as a line between messages. */
export interface Coming {
  key: string;
  text: string;
  /** The last message that was there before. */
  after: Position | undefined;
}

/** How many lines a page keeps. */
const KEPT = 50;
const NAMED = 3;

/** Adds a line for those who joined, and one for those who left. The page's own user is no news. */
export function addComings(
  comings: readonly Coming[],
  { joined, left }: Pick<MembersChange, "joined" | "left">,
  isMe: (userId: string) => boolean,
  after: Position | undefined,
): readonly Coming[] {
  const number = Number(comings.at(-1)?.key.split("-")[1] ?? 0);
  const lines = (
    [
      [joined, "joined"],
      [left, "left"],
    ] as const
  ).flatMap(([members, what], index) => {
    const names = members.filter((member) => !isMe(member.userId)).map(nameOf);
    if (names.length === 0) return [];
    return { key: `coming-${number + index + 1}`, text: `${listOf(names)} ${what}`, after };
  });
  return lines.length === 0 ? comings : [...comings, ...lines].slice(-KEPT);
}

/** "Ada", "Ada and Ben", "Ada, Ben, Cy and 4 others". */
function listOf(names: string[]): string {
  const more = names.length - NAMED;
  const all = more > 0 ? [...names.slice(0, NAMED), more === 1 ? "1 other" : `${more} others`] : names;
  const last = all.at(-1) ?? "";
  return all.length === 1 ? last : `${all.slice(0, -1).join(", ")} and ${last}`;
}
