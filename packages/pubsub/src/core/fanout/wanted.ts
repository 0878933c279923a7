import { type EventsFrame, framesOf, withoutEnd } from "../frames.ts";
import type { Format, StoredEvent } from "../types.ts";
import { createHasEcho } from "./echoes.ts";
import type { Echo, PendingConsumer } from "./message.ts";

/** The events that a consumer still needs, and the frames that are posted to it for them. */
export interface Wanted {
  events: readonly StoredEvent[];
  frames: readonly EventsFrame[];
  /** Whether the frames contain only the last of the events, which supersedes the others. */
  latest: boolean;
}

interface RunEvents {
  topicId: string;
  epoch: string;
  events: readonly StoredEvent[];
  echoes?: readonly Echo[] | undefined;
}

/** How frames are encoded: in a format, or open at the end, where each consumer gets its nonce. */
type Encoding = Format | "open event";

/**
 * Encodes the events from an offset on once for all consumers that need the same. A consumer that has one of them already
 * gets frames of its own. One that only wants the newest event gets that alone, and nothing if the newest is the one that it
 * has.
 */
export function cachedWants({
  topicId,
  epoch,
  events,
  echoes,
}: RunEvents): (encoding: Encoding, pending: PendingConsumer) => Wanted {
  const hasEcho = createHasEcho(echoes);
  const cache = new Map<string, Wanted>();
  const encode = (encoding: Encoding, wanted: readonly StoredEvent[], latest: boolean): Wanted => {
    const posted = latest ? wanted.slice(-1) : wanted;
    const frames = framesOf(encoding === "data" ? "data" : "event", topicId, epoch, posted);
    return { events: wanted, frames: encoding === "open event" ? frames.map(withoutEnd) : frames, latest };
  };
  return (encoding, pending) => {
    const { from, latest = false } = pending;
    if (echoes && events.some((event) => event.offset >= from && hasEcho(pending, event))) {
      const others = events.filter((event) => event.offset >= from && !hasEcho(pending, event));
      const newest = events.at(-1);
      if (latest && newest && hasEcho(pending, newest)) return { events: others, frames: [], latest };
      return encode(encoding, others, latest);
    }
    const key = `${encoding} ${latest} ${from}`;
    const known = cache.get(key);
    if (known) return known;
    const wanted = encode(
      encoding,
      events.filter(({ offset }) => offset >= from),
      latest,
    );
    cache.set(key, wanted);
    return wanted;
  };
}
