import { publishToTopic } from "lambda-websocket-pubsub";
import { Resource } from "sst";

/** Publishes what it is invoked with; invoked again with the same event, it publishes nothing twice. */
export const handler = ({ id, text }: { id: string; text: string }) =>
  publishToTopic({ topicId: "announcements", data: { text }, publicationId: id, config: Resource.Pubsub });
