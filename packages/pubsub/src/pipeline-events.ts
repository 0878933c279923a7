import type { Consumer, Publication } from "./types.ts";

/** Where everything worth telling goes. MUST NOT throw. */
export type Observe = (event: PipelineEvent) => void;

export type PipelineEvent =
  | ({ event: "publication-accepted"; publicationId: string; duplicate: boolean } & Publication)
  | { event: "subscribed" | "unsubscribed"; topicId: string; consumer: Consumer }
  | {
      event: "page-delivered";
      topicId: string;
      epoch: string;
      offsets: readonly number[];
      unit: string;
      attempt: number;
      subscribers: number;
      delivered: number;
      gone: number;
      retried: number;
      handedOn: number;
      durationMs: number;
    }
  | {
      event: "redelivery-queued";
      topicId: string;
      epoch: string;
      offsets: readonly number[];
      unit: string;
      attempt: number;
      consumers: number;
      delaySeconds: number;
    }
  | {
      event: "delivery-abandoned";
      topicId: string;
      epoch: string;
      offsets: readonly number[];
      unit: string;
      attempt: number;
      consumers: number;
      reason: string;
    }
  | { event: "subscriptions-removed"; topicId: string; count: number }
  | {
      event: "unit-skipped";
      topicId: string;
      epoch: string;
      offset: number;
      unit: string;
      why: "done" | "leased";
    }
  | { event: "rows-malformed"; topicId: string; count: number }
  | { event: "events-missing"; topicId: string; epoch: string; offsets: readonly number[] }
  | { event: "message-malformed"; messageId: string; reason: string }
  | { event: "frame-refused"; consumer: Consumer; code: string; reason: string }
  | { event: "background-failure"; stage: string; error: unknown };
