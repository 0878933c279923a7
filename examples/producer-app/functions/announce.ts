import { publishToTopic } from "lambda-websocket-pubsub";
import { Resource } from "sst";

/** Publishes the event that it is invoked with. A second invocation with the same event publishes nothing. */
export const handler = ({ id, text }: { id: string; text: string }) =>
  publishToTopic({ topicId: "announcements", data: { text }, publicationId: id, config: Resource.Pubsub });
