export type { BackoffOptions } from "./backoff.ts";
export { createPubsubClient } from "./client.ts";
export type { ClientClock } from "./clock.ts";
export type { Environment } from "./environment.ts";
export {
  isPubsubClientError,
  type OnError,
  PubsubClientError,
  type PubsubClientErrorCode,
  type PubsubClientErrorOptions,
} from "./errors.ts";
export type { PublishQueueOptions, PubsubClientOptions, SubscribeClientOptions } from "./options.ts";
export { createSubscribeClient } from "./subscribe-client.ts";
export type { Gap, GapReason, Position, TopicEvent } from "./topic-event.ts";
export type {
  ClientState,
  EventsOptions,
  LoadedState,
  LoadState,
  Member,
  Members,
  MembersChange,
  OnMembers,
  PresenceOptions,
  Published,
  PublishOptions,
  PubsubClient,
  ReadyPosition,
  SubscribeClient,
  SubscribeOptions,
  Subscription,
  TopicOptions,
  TopicSubscription,
  TopicToken,
  UserEventOptions,
  UserSubscription,
} from "./types.ts";
export type { WebSocketConstructor, WebSocketLike } from "./web-socket.ts";
