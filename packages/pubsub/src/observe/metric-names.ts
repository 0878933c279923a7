/**
 * The custom metrics and their namespace. Dependency-free, because the dashboard and the alarms in `stacks/` are
 * made of them too.
 */
export const METRICS_NAMESPACE = "LambdaWebsocketPubsub";

export const METRIC = {
  publicationAccepted: "PublicationAccepted",
  posted: "Posted",
  gone: "Gone",
  throttledAccount: "ThrottledAccount",
  throttledConsumer: "ThrottledConsumer",
  failed: "Failed",
  retried: "Retried",
  quickRetries: "QuickRetries",
  abandoned: "Abandoned",
  eventsPerPost: "EventsPerPost",
  postLatency: "PostLatency",
  pageDuration: "PageDuration",
  publishToDeliveredLag: "PublishToDeliveredLag",
  subscribed: "Subscribed",
  unsubscribed: "Unsubscribed",
  frameRefused: "FrameRefused",
  redeliveryQueued: "RedeliveryQueued",
} as const;

/** The dimension that `QuickRetries` has beside the service. */
export const REASON_DIMENSION = "reason";
