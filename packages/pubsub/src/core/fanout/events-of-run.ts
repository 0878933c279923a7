import type { StoredEvent } from "../types.ts";
import type { FanoutMessage } from "./message.ts";
import type { FanoutContext } from "./worker.ts";

/**
 * Returns the events at these offsets. Takes the events that the message contains, and reads the rest from the log.
 * Leaves out events that have expired since, and reports them (`events-missing`).
 */
export async function eventsOfRun(
  { log, observe }: Pick<FanoutContext, "log" | "observe">,
  { topicId, epoch, events: inline = [] }: Pick<FanoutMessage, "topicId" | "epoch" | "events">,
  offsets: readonly number[],
): Promise<StoredEvent[]> {
  const found = new Map(inline.map((event) => [event.offset, event]));
  const missing = offsets.filter((offset) => !found.has(offset));
  const [first] = missing;
  const last = missing.at(-1);
  if (first !== undefined && last !== undefined) {
    for await (const event of log.read({ topicId, epoch, after: first - 1, limit: last - first + 1 })) {
      if (event.offset > last) break;
      found.set(event.offset, event);
    }
    const expired = missing.filter((offset) => !found.has(offset));
    if (expired.length > 0) observe({ event: "events-missing", topicId, epoch, offsets: expired });
  }
  return offsets.flatMap((offset) => found.get(offset) ?? []);
}
