import type { PubsubClientError } from "lambda-websocket-pubsub-client";
import { useMembers, usePublish, usePubsubClient, useTopic } from "lambda-websocket-pubsub-client/react";
import { type ReactNode, useEffect, useState, useSyncExternalStore } from "react";
import { addComings, type Coming } from "./comings.ts";
import { Composer } from "./composer.tsx";
import { ConnectionState } from "./connection-state.tsx";
import type { ChatMessage } from "./message.ts";
import { Messages } from "./messages.tsx";
import type { Outbox } from "./outbox.ts";
import { People } from "./people.tsx";
import { Notice, Skeleton, Welcome } from "./placeholders.tsx";
import { timelineOf } from "./timeline.ts";
import { type Person, type User, userIdOf } from "./user.ts";

interface RoomProps {
  room: string;
  outbox: Outbox;
  user: User;
}

const LAST = 50;
/** How many messages the page keeps. */
const LIMIT = 500;

/** Another `key` subscribes anew, which is what "Try again" does after the server ended the subscription. */
export function Room(props: RoomProps): ReactNode {
  const client = usePubsubClient();
  const [attempt, setAttempt] = useState(0);
  const tryAgain = (): void => {
    client.reconnect();
    setAttempt(attempt + 1);
  };
  return <Subscribed key={attempt} {...props} onTryAgain={tryAgain} />;
}

function Subscribed({ room, outbox, user, onTryAgain }: RoomProps & { onTryAgain(): void }): ReactNode {
  const { events, gap, ready, state, error } = useTopic(room, { last: LAST, limit: LIMIT });
  const publish = usePublish<ChatMessage>(room);
  const box = useSyncExternalStore(outbox.subscribe, outbox.getSnapshot);
  useEffect(() => outbox.resume(publish), [outbox, publish]);

  const name = useSyncExternalStore(user.subscribe, user.getName);
  const userId = userIdOf(name);
  const [comings, setComings] = useState<readonly Coming[]>([]);
  const last = events.at(-1);
  // Who has no name reads without being seen. Another name is sent as another `info`, with the token of that name
  const isSeen = import.meta.env.VITE_PRESENCE && userId !== "";
  const { count, list } = useMembers<Person>(isSeen ? room : undefined, {
    info: { name },
    token: user.getName,
    onMembers: (change) => setComings((before) => addComings(before, change, user.is, last)),
  });

  const items = timelineOf(events, gap, box, comings);
  const hasMessage = items.some(({ kind }) => kind === "message");
  /** The server has confirmed the subscription, and the last messages follow. */
  const isComing = ready?.from !== undefined && ready.from.offset < ready.offset && events.length === 0;
  const isLoading = !ready || isComing;
  return (
    <>
      <header>
        <span className="badge" aria-hidden="true">
          #
        </span>
        <h1>{room}</h1>
        {isSeen && count !== undefined && <People count={count} list={list} userId={userId} />}
        <ConnectionState state={state} />
      </header>
      <main aria-busy={isLoading && !error}>
        {hasMessage ? (
          <Messages
            items={items}
            onRetry={(id) => outbox.retry(publish, id)}
            onDiscard={(id) => outbox.discard(id)}
          />
        ) : (
          !error && (isLoading ? <Skeleton /> : <Welcome room={room} />)
        )}
      </main>
      <footer>
        {error && <Notice text={describeEnd(error)} action="Try again" onAction={onTryAgain} />}
        {!error && state === "reconnecting" && (
          <Notice text="The connection is lost. What you write is sent when it is back." />
        )}
        <Composer name={name} onName={user.setName} onSend={(message) => outbox.send(publish, message)} />
      </footer>
    </>
  );
}

function describeEnd({ code, context }: PubsubClientError): string {
  if (context.code === "FORBIDDEN") return "You may not read this room.";
  if (code === "REFUSED") return "The server does not let you into this room.";
  return "The server closed the connection.";
}
