import type { JSX } from "preact";
import type { EventHead, Members, Subscribers } from "../../../src/inspector/wire.ts";
import { bytes, count, dateTime, plural, time } from "../data/format.ts";
import { publicationLink } from "../data/route.ts";
import { messageOf, read } from "../data/server.ts";
import { useAnswer } from "../data/use-answer.ts";
import { Payload } from "../parts/payload.tsx";
import { PublishBox } from "../parts/publish-box.tsx";
import { Empty, Failure, Loading } from "../parts/states.tsx";

const LOG_EVERY_MS = 2_000;
const SHARE = 20;

export function TopicView({ topicId }: { topicId: string }): JSX.Element {
  return (
    <>
      <div class="view-head">
        <h1>
          <span class="muted">Topic</span> {topicId}
        </h1>
      </div>
      <div class="live-grid">
        <div class="live-main">
          <Log topicId={topicId} />
        </div>
        <div class="live-side">
          <PublishBox topicId={topicId} />
          <SubscriberList topicId={topicId} />
          <MemberList topicId={topicId} />
        </div>
      </div>
    </>
  );
}

function Log({ topicId }: { topicId: string }): JSX.Element {
  const { data, error, reload } = useAnswer(
    () => read<EventHead[]>("log", { topic: topicId, last: 50 }),
    (_, tookMs) => Math.max(LOG_EVERY_MS, tookMs * SHARE),
  );
  return (
    <section class="card" aria-labelledby="log-title">
      <h2 id="log-title">Log</h2>
      {error !== undefined && (
        <Failure what="The log cannot be read" error={messageOf(error)} retry={reload} />
      )}
      {!data && error === undefined && <Loading what="Reading the log" />}
      {data?.length === 0 && (
        <Empty icon="topic" title="No events">
          The log keeps events for its retention. This topic has none now.
        </Empty>
      )}
      {data && data.length > 0 && (
        <ol class="log">
          {data.toReversed().map((event) => (
            <li key={`${event.epoch} ${event.offset}`}>
              <div class="log-head">
                <a href={publicationLink(event)} class="event-offset">
                  {event.offset}
                </a>
                <code class="publication-id" title="publicationId">
                  {event.publicationId}
                </code>
                <span class="muted">{bytes(event.bytes)}</span>
                <time class="muted">{time(event.publishedAt)}</time>
                <Payload topicId={topicId} epoch={event.epoch} offset={event.offset} />
              </div>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function SubscriberList({ topicId }: { topicId: string }): JSX.Element {
  const { data, error, isLoading, reload } = useAnswer(() =>
    read<Subscribers>("subscribers", { topic: topicId }),
  );
  return (
    <section class="card" aria-labelledby="subscribers-title">
      <div class="card-head">
        <h2 id="subscribers-title">
          Subscribers{" "}
          {data && (
            <span class="badge">
              {count(data.count)}
              {data.capped ? "+" : ""}
            </span>
          )}
        </h2>
        <button
          type="button"
          class="button small"
          onClick={reload}
          disabled={isLoading}
          aria-label="Refresh the subscribers"
        >
          Refresh
        </button>
      </div>
      {error !== undefined && <Failure what="The subscribers cannot be read" error={messageOf(error)} />}
      {!data && error === undefined && <Loading what="Reading the index" />}
      {data?.count === 0 && <Empty icon="live" title="Nobody subscribes" />}
      {data && data.count > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard
        <ul class="consumers" tabIndex={0} aria-label="Connections">
          {data.first.map((consumer) => (
            <li key={consumer}>
              <code>{consumer.slice(consumer.indexOf("/", consumer.indexOf("/") + 1) + 1)}</code>{" "}
              <span class="muted">{consumer.split("/").slice(0, 2).join("/")}</span>
            </li>
          ))}
        </ul>
      )}
      {data && data.count > data.first.length && (
        <p class="muted">{plural(data.count - data.first.length, "more connection")} not listed</p>
      )}
    </section>
  );
}

function MemberList({ topicId }: { topicId: string }): JSX.Element {
  const { data, error, isLoading, reload } = useAnswer(() => read<Members>("members", { topic: topicId }));
  return (
    <section class="card" aria-labelledby="members-title">
      <div class="card-head">
        <h2 id="members-title">Members {data && <span class="badge">{count(data.count)}</span>}</h2>
        <button
          type="button"
          class="button small"
          onClick={reload}
          disabled={isLoading}
          aria-label="Refresh the members"
        >
          Refresh
        </button>
      </div>
      {error !== undefined && <Failure what="The members cannot be read" error={messageOf(error)} />}
      {!data && error === undefined && <Loading what="Reading the index" />}
      {data?.count === 0 && (
        <Empty icon="live" title="No members">
          Users with a subscription that has presence are members.
        </Empty>
      )}
      {data && data.count > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard
        <ul class="consumers" tabIndex={0} aria-label="Members">
          {data.first.map(({ userId, info, since }) => (
            <li key={userId} title={`since ${dateTime(since)}`}>
              <code>{userId}</code>{" "}
              {info !== undefined && <code class="muted">{`${JSON.stringify(info)} `}</code>}
              <span class="muted">since {time(since)}</span>
            </li>
          ))}
        </ul>
      )}
      {data && data.count > data.first.length && (
        <p class="muted">{plural(data.count - data.first.length, "more member")} not listed</p>
      )}
    </section>
  );
}
