import type { InspectorSource } from "./source.ts";
import type { EventHead, LiveMessage } from "./wire.ts";
import { wireError } from "./wire-error.ts";

/** A query that finds nothing costs half a read unit: a topic watched for an hour costs a fiftieth of a cent. */
const READ_EVERY_MS = 2_000;
const EVENTS_PER_READ_MAX = 500;
const FIRST_EVENTS = 20;
export const WATCHED_MAX = 20;

/** Reads the topics that a page watches, again and again. Returns a function that ends it. */
export function watchTopics(
  source: Pick<InspectorSource, "log">,
  topics: readonly string[],
  send: (message: LiveMessage) => void,
): () => void {
  const ends = new Map<string, { epoch: string; offset: number }>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  async function readNew(topicId: string): Promise<EventHead[]> {
    const after = ends.get(topicId);
    const events = await source.log({
      topicId,
      ...(after ? { after, last: EVENTS_PER_READ_MAX } : { last: FIRST_EVENTS }),
    });
    // In a new epoch nothing comes after the old position any more: look for the newest event instead
    const found = after && events.length === 0 ? await source.log({ topicId, last: 1 }) : events;
    const fresh = found.filter(({ epoch, offset }) => epoch !== after?.epoch || offset > after.offset);
    const end = fresh.at(-1);
    if (end) ends.set(topicId, { epoch: end.epoch, offset: end.offset });
    return fresh;
  }

  async function read(): Promise<void> {
    try {
      const found = await Promise.all(topics.map(readNew));
      const events = found.flat().sort((one, other) => one.publishedAt - other.publishedAt);
      if (!stopped && events.length > 0) send({ events, left: 0 });
    } catch (error) {
      if (!stopped) send({ problem: wireError(error).message });
    }
    if (!stopped) timer = setTimeout(read, READ_EVERY_MS).unref();
  }

  if (topics.length > 0) void read();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
