import type { Ports } from "../ports.ts";
import type { TopicEvent } from "../types.ts";

/** Yields the events of a topic in one epoch, by default the epoch of the log's last event. */
export async function* readEvents(
  { log }: Pick<Ports, "log">,
  request: {
    topicId: string;
    epoch?: string | undefined;
    after?: number | undefined;
    limit?: number | undefined;
  },
): AsyncGenerator<TopicEvent> {
  const { topicId, after = 0, limit } = request;
  const epoch = request.epoch ?? (await log.tail(topicId)).last?.epoch;
  if (epoch === undefined) return;
  for await (const event of log.read({ topicId, epoch, after, ...(limit !== undefined && { limit }) })) {
    const { offset, publicationId, publishedAt, json } = event;
    yield { topicId, epoch, offset, publicationId, publishedAt, data: JSON.parse(json) as unknown };
  }
}
