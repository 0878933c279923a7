"use client";

import type { ClientState } from "lambda-websocket-pubsub-client";
import { useTopic } from "lambda-websocket-pubsub-client/react";
import Link from "next/link";
import { type ReactNode, useEffect, useRef } from "react";
import { type Message, topicOf } from "../lib/message";

const STATES: Record<ClientState, string> = {
  idle: "Not connected",
  connecting: "Connecting…",
  open: "Live",
  reconnecting: "Reconnecting…",
  closed: "Closed",
};

/** Shows a room's messages as they are published. `children` is the form to write one. */
export function Room({ room, children }: { room: string; children: ReactNode }) {
  const { events, gap, state, error } = useTopic<Message>(topicOf(room));
  const end = useRef<HTMLLIElement>(null);
  const newest = events.at(-1);
  useEffect(() => {
    if (newest) end.current?.scrollIntoView({ block: "nearest" });
  }, [newest]);

  return (
    <>
      <header>
        <Link href="/">← Rooms</Link>
        <h1>{room}</h1>
        <output data-state={state}>{STATES[state]}</output>
      </header>
      <main>
        {error && <p className="notice">No messages: {error.message}</p>}
        {gap && <p className="notice">Some messages are gone: you were away for too long.</p>}
        {events.length === 0 && <p className="empty">New messages appear here.</p>}
        <ol className="messages">
          {events.map(({ epoch, offset, publishedAt, data }) => (
            <li key={`${epoch}/${offset}`}>
              <b>{data.name}</b>
              <time>{new Date(publishedAt).toLocaleTimeString([], { timeStyle: "short" })}</time>
              <p>{data.text}</p>
            </li>
          ))}
          <li ref={end} aria-hidden="true" />
        </ol>
      </main>
      {children}
    </>
  );
}
