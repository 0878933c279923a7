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
export type { PubsubClientOptions } from "./options.ts";
export type {
  ClientState,
  EventsOptions,
  Gap,
  GapReason,
  Position,
  PubsubClient,
  SubscribeOptions,
  Subscription,
  TopicEvent,
  TopicToken,
} from "./types.ts";
export type { WebSocketConstructor, WebSocketLike } from "./web-socket.ts";
