import type { ReactNode } from "react";

/** The widths, in percent, and the sides of the messages that the page does not have yet. */
const GHOSTS = [
  { width: 46, isMine: false },
  { width: 62, isMine: false },
  { width: 38, isMine: true },
  { width: 54, isMine: false },
  { width: 30, isMine: true },
];

export function Skeleton(): ReactNode {
  return (
    <div className="skeleton">
      <p className="hidden" role="status">
        Loading messages…
      </p>
      {GHOSTS.map(({ width, isMine }) => (
        <span key={width} data-mine={isMine || undefined} style={{ width: `${width}%` }} />
      ))}
    </div>
  );
}

export function Welcome({ room }: { room: string }): ReactNode {
  return (
    <div className="welcome">
      <span className="badge" aria-hidden="true">
        #
      </span>
      <h2>Welcome to {room}</h2>
      <p>Nothing here yet. Say hello.</p>
    </div>
  );
}

interface NoticeProps {
  text: string;
  action?: string;
  onAction?(): void;
}

export function Notice({ text, action, onAction }: NoticeProps): ReactNode {
  return (
    <div className="notice" role="alert">
      <p>{text}</p>
      {action && (
        <button type="button" className="quiet" onClick={onAction}>
          {action}
        </button>
      )}
    </div>
  );
}
