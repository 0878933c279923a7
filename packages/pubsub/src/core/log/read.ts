import type { Ports } from "../ports.ts";
import type { TopicEvent } from "../types.ts";
import { toTopicEvent } from "./topic-event.ts";

/** Yields the events of a topic in one epoch, by default the epoch of the log's last event: the newest `last`, or all. */
export async function* readEvents(
  { log }: Pick<Ports, "log">,
  request: {
    topicId: string;
    epoch?: string | undefined;
    after?: number | undefined;
    last?: number | undefined;
    limit?: number | undefined;
  },
): AsyncGenerator<TopicEvent> {
  const { topicId, after = 0, last, limit } = request;
  if (last !== undefined) {
    const { epoch = "", events } = await log.newest({ topicId, epoch: request.epoch, limit: last });
    for (const event of events) yield toTopicEvent(topicId, epoch, event);
    return;
  }
  const epoch = request.epoch ?? (await log.tail(topicId)).last?.epoch;
  if (epoch === undefined) return;
  for await (const event of log.read({ topicId, epoch, after, ...(limit !== undefined && { limit }) })) {
    yield toTopicEvent(topicId, epoch, event);
  }
}
