import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { plural } from "../data/format.ts";
import { messageOf, read } from "../data/server.ts";
import { unwatch, WATCHED_MAX, watch, watched } from "../data/watched.ts";

/** On AWS the server reads only the topics that are named here, because each read costs. */
export function WatchBox(): JSX.Element {
  const [topic, setTopic] = useState("");
  const [said, setSaid] = useState("");
  async function find(): Promise<void> {
    setSaid("Reading the table…");
    try {
      const { topics, complete } = await read<{ topics: string[]; complete: boolean }>("topics");
      watch(topics.slice(0, WATCHED_MAX));
      const part = complete ? "" : " in the first 4 MB of the table";
      const isAll = topics.length <= WATCHED_MAX;
      const watching = isAll ? "all are watched now" : `the first ${WATCHED_MAX} are watched now`;
      setSaid(`${plural(topics.length, "topic")} found${part}${topics.length > 0 ? `; ${watching}` : ""}.`);
    } catch (error) {
      setSaid(messageOf(error));
    }
  }
  return (
    <form
      class="card watch"
      aria-label="Watched topics"
      onSubmit={(event) => {
        event.preventDefault();
        if (topic !== "") watch([topic]);
        setTopic("");
      }}
    >
      <label class="field">
        <span>Watch a topic</span>
        <input
          value={topic}
          onInput={({ currentTarget }) => setTopic(currentTarget.value)}
          placeholder="room-1"
        />
      </label>
      <button type="submit" class="button" disabled={topic === ""}>
        Watch
      </button>
      <button type="button" class="button" onClick={find}>
        Find topics
      </button>
      <p class="muted watch-note" role="status">
        {said ||
          `Up to ${WATCHED_MAX} topics, each read every 2 s: half a read unit. Finding reads at most 4 MB.`}
      </p>
      {watched.value.length > 0 && (
        <ul class="chips">
          {watched.value.map((topicId) => (
            <li key={topicId}>
              {topicId}
              <button type="button" aria-label={`Stop watching ${topicId}`} onClick={() => unwatch(topicId)}>
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
    </form>
  );
}
