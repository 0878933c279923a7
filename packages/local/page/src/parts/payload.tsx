import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { messageOf, read } from "../data/server.ts";

const SHOWN_CHARACTERS = 20_000;

/** Shows the data of an event when somebody asks for it. */
export function Payload({
  topicId,
  epoch,
  offset,
}: {
  topicId: string;
  epoch: string;
  offset: number;
}): JSX.Element {
  const [shown, setShown] = useState<{ text?: string; error?: string; isLoading?: boolean }>({});
  async function load(): Promise<void> {
    setShown({ isLoading: true });
    try {
      const { data } = await read<{ data: unknown }>("payload", { topic: topicId, epoch, offset });
      const text = typeof data === "string" ? data : JSON.stringify(data, undefined, 2);
      setShown({ text: text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text });
    } catch (error) {
      setShown({ error: messageOf(error) });
    }
  }
  if (shown.text !== undefined) {
    return (
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard
      <section class="payload" tabIndex={0} aria-label={`Data of event ${offset}`}>
        <pre>{shown.text}</pre>
      </section>
    );
  }
  return (
    <span class="payload-ask">
      <button
        type="button"
        class="button small"
        onClick={load}
        disabled={shown.isLoading}
        aria-label={`Show data of event ${offset}`}
      >
        {shown.isLoading ? "Loading…" : "Show data"}
      </button>
      {shown.error && <span class="bad-text">{shown.error}</span>}
    </span>
  );
}
