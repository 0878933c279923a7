export type { PubsubConfig } from "./api/config.ts";
export { disconnect } from "./api/disconnect.ts";
export { growTopic } from "./api/grow-topic.ts";
export { getTopicPosition, readTopicEvents } from "./api/log-calls.ts";
export { countDeadLetters, listDeadLetters, redriveDeadLetters } from "./api/operator-calls.ts";
export { listMembers, type TopicMember } from "./api/presence-calls.ts";
export { getPublicationRecord } from "./api/publication-record.ts";
export { type NewPublication, publishToTopics } from "./api/publish-to-topics.ts";
export { publishToUser } from "./api/publish-to-user.ts";
export {
  countSubscribers,
  getPublicationStatus,
  listSubscribers,
  publishToTopic,
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
export type {
  PublicationRecord,
  RecordedAbandonment,
  RecordedUnit,
} from "./core/fanout/publication-record.ts";
export type { PublicationStatus } from "./core/fanout/status.ts";
export type { FailedPublication, PublishResult } from "./core/publish/publish.ts";
export type { Subscriber } from "./core/subscriptions/subscribers.ts";
export type { Consumer, Format, Position, Publication, TopicEvent } from "./core/types.ts";
