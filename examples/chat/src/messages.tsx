import type { ReactNode } from "react";
import { Message, type MessageActions } from "./message.tsx";
import type { TimelineItem } from "./timeline.ts";
import { useFollowEnd } from "./use-follow-end.ts";

interface MessagesProps extends MessageActions {
  items: readonly TimelineItem[];
}

export function Messages({ items, ...actions }: MessagesProps): ReactNode {
  const last = items.at(-1);
  const lastId = last?.kind === "message" ? last.publicationId : last?.key;
  const { list, isAtEnd, hasNew, goToEnd } = useFollowEnd(lastId, last?.kind === "message" && last.isMine);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and Safari lets the keyboard scroll only what has focus */}
      <ol ref={list} className="messages" role="log" aria-label="Messages" tabIndex={0}>
        {items.map((item) => (
          <Item key={item.kind === "message" ? item.publicationId : item.key} item={item} {...actions} />
        ))}
      </ol>
      {!isAtEnd && (
        <button type="button" className="to-end" onClick={goToEnd}>
          {hasNew ? "New messages" : "Newest messages"}
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path d="M8 3v9.5M3.8 8.5 8 12.7l4.2-4.2" />
          </svg>
        </button>
      )}
    </>
  );
}

function Item({ item, ...actions }: { item: TimelineItem } & MessageActions): ReactNode {
  if (item.kind === "message") return <Message message={item} {...actions} />;
  if (item.kind === "coming") return <li className="coming">{item.text}</li>;
  if (item.kind === "notice") return <li className="line">{item.text}</li>;
  return (
    <li className="line day">
      <time dateTime={new Date(item.at).toISOString()}>{describeDay(item.at)}</time>
    </li>
  );
}

const DAY_MS = 86_400_000;

function describeDay(at: number): string {
  const day = new Date(at).toDateString();
  if (day === new Date().toDateString()) return "Today";
  if (day === new Date(Date.now() - DAY_MS).toDateString()) return "Yesterday";
  return new Date(at).toLocaleDateString([], { weekday: "long", day: "numeric", month: "long" });
}
