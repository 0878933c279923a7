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
export type { DeadDelivery, DeadLetter, MalformedDeadLetter } from "./dead-letters/dead-letter.ts";
export type { DeadLetterCount } from "./dead-letters/port.ts";
export type { DeadLetterFilter } from "./dead-letters/redrive.ts";
export type { RedriveResult } from "./dead-letters/redrive-result.ts";
export {
  isPubsubError,
  PUBSUB_ERROR_CODES,
  PubsubError,
  type PubsubErrorCode,
  type PubsubErrorOptions,
} from "./errors.ts";
export type { PublicationStatus } from "./fanout/status.ts";
export { countDeadLetters, listDeadLetters, redriveDeadLetters } from "./operator-api.ts";
export type { PublishResult } from "./publish.ts";
export type { Consumer, Format, Position, Publication, TopicEvent } from "./types.ts";
