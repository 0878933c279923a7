import type { ReactNode } from "react";
import { Avatar } from "./avatar.tsx";
import type { ShownMessage } from "./timeline.ts";

export interface MessageActions {
  onRetry(publicationId: string): void;
  onDiscard(publicationId: string): void;
}

const STATES: Record<ShownMessage["state"], string> = {
  sent: "Sent",
  sending: "Sending",
  failed: "Not sent",
};

/** All text of other users is rendered as text, never as HTML. */
export function Message({ message, ...actions }: { message: ShownMessage } & MessageActions): ReactNode {
  const { name, text, at, isMine, state, follows } = message;
  const time = new Date(at);
  return (
    <li
      className="message"
      data-mine={isMine || undefined}
      data-follows={follows || undefined}
      data-state={state}
    >
      {!isMine && <Avatar name={name} />}
      <span className={follows || isMine ? "hidden" : "author"}>{isMine ? "You" : name}</span>
      <div className="bubble">
        <p className="text">{text}</p>
        <span className="meta">
          <time dateTime={time.toISOString()}>
            {time.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })}
          </time>
          {isMine && <StateIcon state={state} />}
        </span>
      </div>
      {state === "failed" && <Failure message={message} {...actions} />}
    </li>
  );
}

function Failure({ message, onRetry, onDiscard }: { message: ShownMessage } & MessageActions): ReactNode {
  const { publicationId, reason } = message;
  return (
    <p className="failure" role="alert">
      <span>Not sent: {reason}</span>
      <button type="button" className="quiet" onClick={() => onRetry(publicationId)}>
        Try again
      </button>
      <button type="button" className="quiet" onClick={() => onDiscard(publicationId)}>
        Delete
      </button>
    </p>
  );
}

const PATHS: Record<ShownMessage["state"], string> = {
  sent: "M2.5 8.5 6 12l7.5-8",
  sending: "M8 4.5V8l2.5 1.5M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 1 0 8 1.8",
  failed: "M8 4.5v4M8 11.2v.1M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 1 0 8 1.8",
};

function StateIcon({ state }: Pick<ShownMessage, "state">): ReactNode {
  return (
    <svg viewBox="0 0 16 16" role="img" aria-label={STATES[state]}>
      <path d={PATHS[state]} />
    </svg>
  );
}
