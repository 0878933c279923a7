import type { Consumer, PostFailureKind, Publication } from "./types.ts";

/** Receives every event of the pipeline, for logs, metrics and traces. MUST NOT throw. */
export type Observe = (event: PipelineEvent) => void;

/** Returns an observer that passes each event to all of these observers. */
export const observeAll =
  (...observers: readonly Observe[]): Observe =>
  (event) => {
    for (const observe of observers) observe(event);
  };

/** The four fields that identify a publication in all its events. */
export interface PublicationName extends Publication {
  publicationId: string;
}

/** Where in the fan-out an event happened: the unit of work in the ledger, and the number of the attempt. */
interface UnitName {
  unit: string;
  attempt: number;
}

/** The totals of one unit's posts, for all its publications together. Times are in milliseconds. */
export interface PostTotals {
  posts: number;
  delivered: number;
  /** How many events the delivered posts contained. */
  events: number;
  gone: number;
  throttledAccount: number;
  throttledConsumer: number;
  failed: number;
  /** A sample of how long posts took. */
  latenciesMs: readonly number[];
  /** How many failed posts a quick retry delivered, for each reason of the failure. */
  quickRetries: readonly QuickRetries[];
  /**
   * How many posts this worker begins in a second at most: the rate that it has learned from 429s, or the ceiling. Absent if
   * it knows no limit.
   */
  postsPerSecondMax?: number;
}

/** Why a post was retried. `reason` is a text. `kind` is one of a few values, so that it can be counted. */
export interface QuickRetryCause {
  kind: PostFailureKind | "throttled" | "gone" | "other";
  reason: string;
}

export interface QuickRetries extends QuickRetryCause {
  count: number;
}

export type PipelineEvent =
  /** `consumer`: the connection that published it. Absent if a back end did. */
  | ({
      event: "publication-accepted";
      duplicate: boolean;
      durationMs: number;
      consumer?: Consumer;
    } & PublicationName)
  | { event: "subscribed" | "unsubscribed" | "subscription-revoked"; topicId: string; consumer: Consumer }
  | ({
      event: "unit-completed";
      consumers: number;
      delivered: number;
      gone: number;
      retried: number;
      handedOn: number;
      durationMs: number;
      /** The time from publish, by the publisher's clock, until now, by this worker's clock. */
      publishedAgoMs: number;
    } & PublicationName &
      UnitName)
  /** A step of the dispatch was sent as parts. `consumers` are those of all its parts. */
  | ({
      event: "parts-sent";
      unit: string;
      parts: number;
      consumers: number;
      durationMs: number;
    } & PublicationName)
  /** `ended`: how many consumers got no post, or not all, because their subscription ended. Absent if there are none. */
  | ({ event: "posts-made"; topicId: string; durationMs: number; ended?: number } & PostTotals & UnitName)
  | ({
      event: "redelivery-queued";
      consumers: number;
      delaySeconds: number;
    } & PublicationName &
      UnitName)
  /** `unread`: how many of the consumers are the cause themselves, because they do not take what is posted to them. */
  | ({ event: "delivery-abandoned"; consumers: number; unread?: number; reason: string } & PublicationName &
      UnitName)
  /** A consumer that does not read lost its subscription. The counts are those of its abandonments. */
  | ({
      event: "subscription-ended";
      consumer: Consumer;
      inRow: number;
      inAll: number;
      reason: string;
    } & PublicationName)
  | ({ event: "subscription-removed"; consumer: Consumer } & PublicationName)
  | ({ event: "unit-skipped"; unit: string; why: "done" | "leased" } & Publication)
  /** Rows that were skipped. With a `reason`, nothing may be posted to the address that they name. */
  | { event: "rows-malformed"; topicId: string; count: number; reason?: string }
  | { event: "events-missing"; topicId: string; epoch: string; offsets: readonly number[] }
  | { event: "message-malformed"; messageId: string; reason: string }
  /** What the `authorize` hook decided. `authorize-failed`: nothing, so that the request is not allowed. */
  | {
      event: "access-allowed" | "access-denied" | "authorize-failed";
      action: string;
      topicId?: string | undefined;
      /** Absent for a request over HTTP. */
      consumer?: Consumer | undefined;
      reason: string;
    }
  /** A request over HTTP that got another status than 200. `route` is as in the OpenAPI document. */
  | {
      event: "request-refused";
      route?: string | undefined;
      topicId?: string | undefined;
      status: number;
      code: string;
      reason: string;
    }
  /** The `validate` hook could not decide, so that the data of a PUBLISH was not accepted. */
  | { event: "validate-failed"; topicId: string; consumer?: Consumer | undefined; reason: string }
  /** An event that only keeps the function warm. `source` is who sent it. */
  | { event: "warm-up"; source: string }
  | { event: "frame-refused"; consumer: Consumer; code: string; reason: string }
  /** This library asked API Gateway to close the connection. `reason` says why. */
  | { event: "connection-ended"; consumer: Consumer; reason: string }
  /**
   * From now on this process sends every request to this endpoint with the SDK. `reason` is the response it did not
   * accept.
   */
  | { event: "direct-path-disabled"; awsService: string; endpoint: string; reason: string }
  | { event: "background-failure"; stage: string; error: unknown };
