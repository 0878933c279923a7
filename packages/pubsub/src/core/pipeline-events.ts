import type { Consumer, PostFailureKind, Publication } from "./types.ts";

/** Where everything worth telling goes: logs, metrics, traces. MUST NOT throw. */
export type Observe = (event: PipelineEvent) => void;

/** One observer that tells all of these. */
export const observeAll =
  (...observers: readonly Observe[]): Observe =>
  (event) => {
    for (const observe of observers) observe(event);
  };

/** A publication as it is told of: whatever happens to it, these four find it again. */
export interface PublicationName extends Publication {
  publicationId: string;
}

/** Where in the fan-out something happened: the unit of work in the ledger, and how often it was tried. */
interface UnitName {
  unit: string;
  attempt: number;
}

/** What the posts of one unit of work came to, all publications together. Times in milliseconds. */
export interface PostTotals {
  posts: number;
  delivered: number;
  /** Events that the delivered posts carried. */
  events: number;
  gone: number;
  throttledAccount: number;
  throttledConsumer: number;
  failed: number;
  /** A sample of how long posts took. */
  latenciesMs: readonly number[];
  /** Posts that failed and were delivered by a quick retry, by the reason of the failure before it. */
  quickRetries: readonly QuickRetries[];
}

/** Why a post had to be made again: `reason` in words, `kind` is one of a few that can be counted. */
export interface QuickRetryCause {
  kind: PostFailureKind | "throttled" | "gone" | "other";
  reason: string;
}

export interface QuickRetries extends QuickRetryCause {
  count: number;
}

export type PipelineEvent =
  | ({ event: "publication-accepted"; duplicate: boolean; durationMs: number } & PublicationName)
  | { event: "subscribed" | "unsubscribed"; topicId: string; consumer: Consumer }
  | ({
      event: "unit-completed";
      consumers: number;
      delivered: number;
      gone: number;
      retried: number;
      handedOn: number;
      durationMs: number;
      /** From the publisher's clock at publish to this worker's now. */
      publishedAgoMs: number;
    } & PublicationName &
      UnitName)
  | ({ event: "posts-made"; topicId: string; durationMs: number } & PostTotals & UnitName)
  | ({
      event: "redelivery-queued";
      consumers: number;
      delaySeconds: number;
    } & PublicationName &
      UnitName)
  | ({ event: "delivery-abandoned"; consumers: number; reason: string } & PublicationName & UnitName)
  | ({ event: "subscription-removed"; consumer: Consumer } & PublicationName)
  | ({ event: "unit-skipped"; unit: string; why: "done" | "leased" } & Publication)
  | { event: "rows-malformed"; topicId: string; count: number }
  | { event: "events-missing"; topicId: string; epoch: string; offsets: readonly number[] }
  | { event: "message-malformed"; messageId: string; reason: string }
  | {
      event: "access-allowed" | "access-denied";
      action: string;
      topicId?: string | undefined;
      consumer: Consumer;
      reason: string;
    }
  | { event: "frame-refused"; consumer: Consumer; code: string; reason: string }
  /** From now on this process sends everything for this endpoint by the SDK. `reason`: the response that was refused. */
  | { event: "direct-path-disabled"; awsService: string; endpoint: string; reason: string }
  | { event: "background-failure"; stage: string; error: unknown };
