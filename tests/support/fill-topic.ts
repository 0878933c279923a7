import type { Clock, TopicLog } from "../../packages/pubsub/src/core/ports.ts";
import { eventToAppend } from "./samples.ts";

/** The most events of one append. */
const AT_ONCE = 40;

/** Writes `count` events into a topic's log, 40 with each append, and returns the epoch. The data of each is its offset. */
export async function fillTopic(
  { log, clock }: { log: Pick<TopicLog, "append">; clock: Pick<Clock, "now"> },
  { topicId, epoch, count, pad = "" }: { topicId: string; epoch: string; count: number; pad?: string },
): Promise<void> {
  let bytesSoFar = 0;
  for (let offset = 1; offset <= count; offset += AT_ONCE) {
    const events = Array.from({ length: Math.min(AT_ONCE, count - offset + 1) }, (_, n) => {
      const json = pad === "" ? String(offset + n) : JSON.stringify({ n: offset + n, pad });
      bytesSoFar += json.length;
      return eventToAppend(`p-${offset + n}`, { nowMs: clock.now(), json, bytesSoFar });
    });
    const opening = offset === 1 ? { opening: { replaces: undefined } } : {};
    const { outcome } = await log.append({ topicId, epoch, offset, events, ...opening });
    if (outcome !== "appended") throw new Error(`the append returned ${outcome}`);
  }
}
