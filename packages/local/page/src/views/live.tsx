import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { about } from "../data/about.ts";
import { bytes, count, plural, time } from "../data/format.ts";
import { draw, earlier, leftOut, live, paused, store, version } from "../data/live.ts";
import { publicationLink, topicLink } from "../data/route.ts";
import { Icon } from "../parts/icon.tsx";
import { PublishBox } from "../parts/publish-box.tsx";
import { Empty } from "../parts/states.tsx";
import { TopicTable } from "./topic-table.tsx";
import { WatchBox } from "./watch-box.tsx";

const filter = signal("");
const EVENTS_SHOWN = 40;

export function LiveView(): JSX.Element {
  // Reading it makes this view draw again when there is something new
  version.value;
  const wanted = filter.value.trim().toLowerCase();
  const fits = (text: string): boolean => text.toLowerCase().includes(wanted);
  const { state, problem } = live.value;
  return (
    <>
      <div class="view-head">
        <h1>Live</h1>
        <p class="muted">
          {plural(store.total(), "event")} seen in {plural(store.topics.size, "topic")}
          {leftOut.value > 0 && `, and ${count(leftOut.value)} more that came too fast to list`}
        </p>
        <label class="filter">
          <Icon name="search" />
          <input
            data-filter
            type="search"
            placeholder="Filter topics and events"
            aria-label="Filter topics and events"
            value={filter.value}
            onInput={({ currentTarget }) => {
              filter.value = currentTarget.value;
            }}
          />
        </label>
        <button type="button" class="button" onClick={togglePause} aria-pressed={paused.value}>
          <Icon name={paused.value ? "play" : "pause"} /> {paused.value ? "Go on" : "Pause"}
        </button>
      </div>
      {problem && (
        <p class="notice bad" role="alert">
          {state === "lost"
            ? `The inspector's server cannot be reached (${problem}). The page tries again every two seconds.`
            : problem}
        </p>
      )}
      {earlier.value.problem && (
        <p class="notice bad" role="alert">
          The topics from before this page was opened cannot be read: {earlier.value.problem}
        </p>
      )}
      <div class="live-grid">
        <div class="live-main">
          {about.value.data?.feed === "watched" && <WatchBox />}
          <TopicTable fits={fits} filtered={wanted !== ""} />
          <LastEvents fits={fits} />
        </div>
        <div class="live-side">
          <PublishBox />
        </div>
      </div>
    </>
  );
}

function togglePause(): void {
  paused.value = !paused.value;
  draw();
}

function LastEvents({ fits }: { fits: (text: string) => boolean }): JSX.Element {
  const events = store
    .recent()
    .filter(({ topicId, publicationId }) => fits(topicId) || fits(publicationId))
    .slice(0, EVENTS_SHOWN);
  return (
    <section class="card last-events" aria-labelledby="last-events">
      <h2 id="last-events">Last events</h2>
      {events.length === 0 ? (
        <Empty icon="clock" title="No events">
          They appear here when they are published.
        </Empty>
      ) : (
        <ol class="events">
          {events.map((event) => (
            <li key={`${event.topicId} ${event.epoch} ${event.offset}`}>
              <a
                class="event-offset"
                href={publicationLink(event)}
                aria-label={`Publication ${event.offset} of ${event.topicId}`}
              >
                {event.offset}
              </a>
              <a class="event-topic" href={topicLink(event.topicId)}>
                {event.topicId}
              </a>
              <span class="muted">{bytes(event.bytes)}</span>
              <time class="muted">{time(event.publishedAt)}</time>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
