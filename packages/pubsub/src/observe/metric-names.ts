/**
 * The custom metrics and their namespace. This file imports nothing, because the dashboard and the alarms in `stacks/`
 * use it too.
 */
export const METRICS_NAMESPACE = "LambdaWebsocketPubsub";

export const METRIC = {
  publicationAccepted: "PublicationAccepted",
  clientPublication: "ClientPublication",
  delivered: "Delivered",
  gone: "Gone",
  throttledAccount: "ThrottledAccount",
  throttledConsumer: "ThrottledConsumer",
  failed: "Failed",
  retried: "Retried",
  quickRetries: "QuickRetries",
  abandoned: "Abandoned",
  abandonedUnread: "AbandonedUnread",
  subscriptionEnded: "SubscriptionEnded",
  rowsMalformed: "RowsMalformed",
  eventsPerPost: "EventsPerPost",
  postLatency: "PostLatency",
  unitDuration: "UnitDuration",
  publishToDeliveredLag: "PublishToDeliveredLag",
  subscribed: "Subscribed",
  unsubscribed: "Unsubscribed",
  frameRefused: "FrameRefused",
  connectionEnded: "ConnectionEnded",
  accessDenied: "AccessDenied",
  authorizeFailed: "AuthorizeFailed",
  validateFailed: "ValidateFailed",
  redeliveryQueued: "RedeliveryQueued",
} as const;

/** The dimension that `QuickRetries` has in addition to the service. */
export const REASON_DIMENSION = "reason";
