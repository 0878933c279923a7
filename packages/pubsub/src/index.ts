export type { PubsubConfig } from "./api/config.ts";
export { countDeadLetters, listDeadLetters, redriveDeadLetters } from "./api/operator-calls.ts";
export {
  countSubscribers,
  getPublicationStatus,
  listSubscribers,
  publishToTopic,
  readTopicEvents,
  subscribeToTopic,
  unsubscribeFromAllTopics,
  unsubscribeFromTopic,
} from "./api/pubsub-calls.ts";
export { revoke } from "./api/revoke.ts";
export { type EventWithConnection, extractConsumerFromApiGatewayEvent } from "./core/consumer.ts";
export type { DeadDelivery, DeadLetter, MalformedDeadLetter } from "./core/dead-letters/dead-letter.ts";
export type { DeadLetterCount } from "./core/dead-letters/port.ts";
export type { DeadLetterFilter } from "./core/dead-letters/redrive.ts";
export type { RedriveResult } from "./core/dead-letters/redrive-result.ts";
export {
  isPubsubError,
  PUBSUB_ERROR_CODES,
  PubsubError,
  type PubsubErrorCode,
  type PubsubErrorOptions,
} from "./core/errors.ts";
export type { PublicationStatus } from "./core/fanout/status.ts";
export type { PublishResult } from "./core/publish/publish.ts";
export type { Consumer, Format, Position, Publication, TopicEvent } from "./core/types.ts";
