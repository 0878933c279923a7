import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { about } from "../data/about.ts";
import { ago, brief, count, perSecond } from "../data/format.ts";
import { draw, earlier, store } from "../data/live.ts";
import { publicationLink, topicLink } from "../data/route.ts";
import { read } from "../data/server.ts";
import { history, rateOf, TOPICS_MAX, type TopicRow } from "../data/topic-store.ts";
import { Spark } from "../parts/spark.tsx";
import { Empty, Loading } from "../parts/states.tsx";

/** More rows than anybody reads would make each drawing slow. The filter finds the others. */
const ROWS_SHOWN = 50;
/** Counting reads the index, so that only topics in sight are counted, and only a part of a large audience. */
const TOPICS_COUNTED = 10;
const COUNTED_MAX = 10_000;
const COUNT_EVERY_MS = 5_000;
const COUNT_SHARE = 20;

export function TopicTable({
  fits,
  filtered,
}: {
  fits: (text: string) => boolean;
  filtered: boolean;
}): JSX.Element {
  const nowMs = Date.now();
  const rows = [...store.topics.values()].filter(({ topicId }) => fits(topicId));
  const ranked = rows.map((row) => ({ row, rate: rateOf(row, nowMs) })).sort(byActivity);
  const shown = ranked.slice(0, ROWS_SHOWN);
  useEffect(() => keepCounting(() => shownNow), []);
  shownNow = shown.map(({ row }) => row);
  if (shown.length === 0) {
    return (
      <section class="card" aria-label="Topics">
        {filtered ? <Empty icon="search" title="No topic fits the filter" /> : <NoTopics />}
      </section>
    );
  }
  return (
    <section class="card table-card" aria-label="Topics">
      <table class="topics">
        <thead>
          <tr>
            <th scope="col">Topic</th>
            <th scope="col" class="wide">
              Last minute
            </th>
            <th scope="col" class="number">
              Events/s
            </th>
            <th scope="col" class="number wide">
              Events
            </th>
            <th scope="col" class="number">
              Subscribers
            </th>
            <th scope="col">Last event</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ row, rate }) => (
            <Row key={row.topicId} row={row} rate={rate} nowMs={nowMs} />
          ))}
        </tbody>
      </table>
      {rows.length > shown.length && (
        <p class="table-foot muted">
          {count(rows.length - shown.length)} more topics: the filter finds them
          {store.topics.size >= TOPICS_MAX && `. New topics beyond ${count(TOPICS_MAX)} are not listed`}
        </p>
      )}
    </section>
  );
}

function NoTopics(): JSX.Element {
  if (earlier.value.isLoading) return <Loading what="Reading the topics" />;
  return (
    <Empty icon="topic" title="No topics yet">
      {about.value.data?.feed === "watched"
        ? "Name a topic to watch, or find those in the table."
        : "Publish to one, here or in your program."}
    </Empty>
  );
}

function Row({ row, rate, nowMs }: { row: TopicRow; rate: number; nowMs: number }): JSX.Element {
  const { topicId, events, last, subscribers } = row;
  return (
    <tr>
      <th scope="row">
        <a href={topicLink(topicId)} class="topic-name">
          {topicId}
        </a>
      </th>
      <td class="wide">
        <Spark values={history(row, nowMs)} />
      </td>
      <td class="number">{perSecond(rate)}</td>
      <td class="number wide">{brief(events)}</td>
      <td class="number">
        {subscribers ? `${brief(subscribers.count)}${subscribers.capped ? "+" : ""}` : "–"}
      </td>
      <td>
        {last ? (
          <a href={publicationLink(last)}>
            {last.offset} <span class="muted">· {ago(last.publishedAt, nowMs)}</span>
          </a>
        ) : (
          <span class="muted">none seen</span>
        )}
      </td>
    </tr>
  );
}

interface Ranked {
  row: TopicRow;
  rate: number;
}

/** The busiest first, and those without events by name, so that rows do not jump. */
const byActivity = (one: Ranked, other: Ranked): number =>
  Math.round(other.rate) - Math.round(one.rate) || (one.row.topicId < other.row.topicId ? -1 : 1);

let shownNow: readonly TopicRow[] = [];

function keepCounting(rows: () => readonly TopicRow[]): () => void {
  let stopped = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  async function countAll(): Promise<void> {
    const startedMs = performance.now();
    for (const row of rows().slice(0, TOPICS_COUNTED)) {
      if (stopped || document.hidden) break;
      const counted = { topic: row.topicId, max: COUNTED_MAX };
      await read<{ count: number; capped: boolean }>("subscribers", counted).then(
        (subscribers) => {
          row.subscribers = subscribers;
        },
        () => {},
      );
    }
    draw();
    const tookMs = performance.now() - startedMs;
    if (!stopped) timer = setTimeout(countAll, Math.max(COUNT_EVERY_MS, tookMs * COUNT_SHARE));
  }
  timer = setTimeout(countAll, 500);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
