import type { PublishResult } from "lambda-websocket-pubsub";
import type {
  EventHead,
  Letters,
  Members,
  PublicationRecord,
  RedriveRequest,
  RedriveResult,
  Subscribers,
} from "./wire.ts";

/**
 * What the page can ask of a stage. Arguments and results can be cloned, so that the source can be in another thread.
 * A method rejects with a `PubsubError`, or with an `Error` whose `code` and message the page shows.
 */
export interface InspectorSource {
  /** The newest events of a topic, ascending. With `after`, those after that position. */
  log(request: {
    topicId: string;
    last: number;
    after?: { epoch: string; offset: number };
  }): Promise<EventHead[]>;
  payload(request: { topicId: string; epoch: string; offset: number }): Promise<{ data: unknown }>;
  subscribers(request: { topicId: string; max: number }): Promise<Subscribers>;
  members(request: { topicId: string }): Promise<Members>;
  /** Without an epoch it is the current one. */
  publication(request: { topicId: string; epoch?: string; offset: number }): Promise<FoundPublication>;
  publish(request: { topicId: string; data: unknown; publicationId?: string }): Promise<PublishResult>;
  letters(request: { max: number }): Promise<Letters>;
  redrive(request: RedriveRequest, onProgress: (soFar: RedriveResult) => void): Promise<RedriveResult>;
  /** Reads a bounded part of the table. `complete` says whether that was all of it. */
  findTopics(): Promise<{ topics: string[]; complete: boolean }>;
}

export type FoundPublication = PublicationRecord & { topicId: string; epoch: string; offset: number };
