import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { publicationLink } from "../data/route.ts";
import { messageOf, write } from "../data/server.ts";
import { Icon } from "./icon.tsx";

type Published = { topicId: string; epoch: string; offset: number; duplicate: boolean };
type Outcome = { published: Published } | { error: string } | { sending: true };

/** Publishes JSON or text to a topic. */
export function PublishBox({ topicId: fixed }: { topicId?: string }): JSX.Element {
  const [topic, setTopic] = useState(fixed ?? "");
  const [text, setText] = useState('{ "text": "hello" }');
  const [asText, setAsText] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>();
  const problem = asText ? undefined : jsonProblem(text);
  const canSend = topic !== "" && problem === undefined && !(outcome && "sending" in outcome);

  async function publish(): Promise<void> {
    if (!canSend) return;
    setOutcome({ sending: true });
    try {
      const data: unknown = asText ? text : JSON.parse(text);
      setOutcome({ published: await write<Published>("publish", { topicId: topic, data }) });
    } catch (error) {
      setOutcome({ error: messageOf(error) });
    }
  }

  return (
    <form
      class="card publish"
      aria-label="Publish"
      onSubmit={(event) => {
        event.preventDefault();
        void publish();
      }}
    >
      <h2>Publish</h2>
      {fixed === undefined && (
        <label class="field">
          <span>Topic</span>
          <input
            data-publish
            value={topic}
            onInput={({ currentTarget }) => setTopic(currentTarget.value)}
            placeholder="room-1"
          />
        </label>
      )}
      <label class="field">
        <span>Data</span>
        <textarea
          data-publish={fixed !== undefined}
          class="code"
          rows={4}
          spellcheck={false}
          value={text}
          aria-invalid={problem !== undefined}
          aria-describedby="publish-check"
          onInput={({ currentTarget }) => setText(currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void publish();
          }}
        />
      </label>
      <div class="publish-row">
        <label class="check">
          <input
            type="checkbox"
            checked={asText}
            onChange={({ currentTarget }) => setAsText(currentTarget.checked)}
          />
          As text
        </label>
        <span id="publish-check" class={problem === undefined ? "muted" : "bad-text"}>
          {asText ? "sent as it is" : (problem ?? "valid JSON")}
        </span>
        <button type="submit" class="button primary" disabled={!canSend}>
          <Icon name="send" /> Publish
        </button>
      </div>
      <div class="publish-outcome" role="status">
        {outcome && "error" in outcome && <span class="bad-text">{outcome.error}</span>}
        {outcome && "published" in outcome && (
          <>
            <span class="good-text">Published at offset {outcome.published.offset}.</span>{" "}
            <a href={publicationLink(outcome.published)}>See what happens to it</a>
          </>
        )}
      </div>
    </form>
  );
}

function jsonProblem(text: string): string | undefined {
  if (text.trim() === "") return "no data yet";
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return `not JSON: ${messageOf(error).replace(/^.*?: /, "")}`;
  }
}
