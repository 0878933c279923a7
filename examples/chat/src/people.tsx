import type { Member } from "lambda-websocket-pubsub-client";
import type { FocusEvent, ReactNode } from "react";
import { Avatar } from "./avatar.tsx";
import { nameOf } from "./user.ts";

interface PeopleProps {
  count: number;
  /** Absent in a room of very many people. */
  list: readonly Member[] | undefined;
  userId: string;
}

const FACES = 3;

/** Who is in the room: some faces and the number, and all names on a click. */
export function People({ count, list = [], userId }: PeopleProps): ReactNode {
  const shown = list
    .map((member) => ({ userId: member.userId, name: nameOf(member), isMe: member.userId === userId }))
    .sort((one, other) => Number(other.isMe) - Number(one.isMe) || one.name.localeCompare(other.name));
  const text = count === 1 ? "1 person here" : `${count} people here`;
  if (shown.length === 0) return <p className="people count">{text}</p>;
  return (
    <details className="people" onBlur={closeWithoutFocus}>
      <summary aria-label={text} title={text}>
        <span className="faces">
          {shown.slice(0, FACES).map(({ userId: id, name }) => (
            <Avatar key={id} name={name} />
          ))}
        </span>
        <span className="count">{count}</span>
      </summary>
      <div className="names" tabIndex={-1}>
        <h2>{text}</h2>
        <ul>
          {shown.map(({ userId: id, name, isMe }) => (
            <li key={id}>
              <Avatar name={name} />
              <span className="who">{name}</span>
              {isMe && <span className="me">you</span>}
            </li>
          ))}
        </ul>
      </div>
    </details>
  );
}

/** A click elsewhere, or the next tab stop, closes the list. */
function closeWithoutFocus({ currentTarget, relatedTarget }: FocusEvent<HTMLDetailsElement>): void {
  if (!currentTarget.contains(relatedTarget)) currentTarget.open = false;
}
