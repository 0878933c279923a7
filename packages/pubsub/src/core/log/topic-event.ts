import type { WireEvent } from "../protocol.ts";
import type { StoredEvent, TopicEvent } from "../types.ts";

/** Returns an event as EVENTS messages and HTTP responses contain it, with its data decoded. */
export const toWireEvent = ({ offset, publicationId, publishedAt, json }: StoredEvent): WireEvent => ({
  offset,
  publicationId,
  publishedAt,
  data: JSON.parse(json) as unknown,
});

export const toTopicEvent = (topicId: string, epoch: string, event: StoredEvent): TopicEvent => ({
  topicId,
  epoch,
  ...toWireEvent(event),
});
