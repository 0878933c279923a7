export {
  countSubscribers,
  getPublicationStatus,
  listSubscribers,
  publishToTopic,
  readTopicEvents,
  subscribeToTopic,
  unsubscribeFromAllTopics,
  unsubscribeFromTopic,
} from "./api.ts";
export type { PubsubConfig } from "./config.ts";
export { type EventWithConnection, extractConsumerFromApiGatewayEvent } from "./consumer.ts";
export {
  isPubsubError,
  PUBSUB_ERROR_CODES,
  PubsubError,
  type PubsubErrorCode,
  type PubsubErrorOptions,
} from "./errors.ts";
export type { PublicationStatus } from "./fanout/status.ts";
export type { PublishResult } from "./publish.ts";
export type { Consumer, Format, Position, Publication, TopicEvent } from "./types.ts";
