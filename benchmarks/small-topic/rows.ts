import { costOf } from "lambda-websocket-pubsub-local";
import { priceOf } from "../../packages/local/src/cost/index.ts";
import { median, rounded } from "../support/statistics.ts";
import type { MeasuredTopic, Round, SmallTopic } from "./measure.ts";

/** What one publication to a small topic takes, and what a million of them cost. */
export interface SmallTopicRow extends SmallTopic {
  writeUnits: number;
  readUnits: number;
  sqsRequests: number;
  invocations: number;
  /**
   * The functions' billed time, at the memory of the one that fans out. With `inline` the time that the publisher needs more
   * than with the queue.
   */
  lambdaMs: number;
  logBytes: number;
  /** What a subscriber is sent. */
  bytesPerDelivery: number;
  /** Everything but API Gateway's messages, data transfer and the function of a publisher that is no client. */
  dollarsPerMillionBeyondPosts: number;
  /** The same publications at AppSync Events: one operation for the publication, and one for each delivery. */
  appSyncDollarsPerMillion: number;
  /** With API Gateway's messages: the posts, and with `client` its message and the response. Data transfer is apart. */
  totalDollarsPerMillion: number;
  /** The same for AppSync Events, which sends as many bytes. */
  dataTransferDollarsPerMillion: number;
}

const MILLION = 1_000_000;
/** The memory of the function that fans out, and with `inline` of the publisher's. */
const FANOUT_GB = 1_769 / 1_024;
const PUBLISHER_GB = 1;

export function toRows(measured: readonly MeasuredTopic[]): SmallTopicRow[] {
  return measured.map((topic) => toRow(topic, queued(measured, topic)));
}

/** Returns the same topic through the queue. */
const queued = (measured: readonly MeasuredTopic[], topic: SmallTopic): MeasuredTopic | undefined =>
  measured.find(
    ({ subscribers, publicationId, path }) =>
      path === "queue" && subscribers === topic.subscribers && publicationId === topic.publicationId,
  );

/** Each figure is the median over the rounds. */
function toRow(topic: MeasuredTopic, throughQueue: MeasuredTopic | undefined): SmallTopicRow {
  const { subscribers, publicationId, path, rounds } = topic;
  const each = (figure: (round: Round) => number): number =>
    median(rounds.map((round) => figure(round) / round.publications));
  const dynamodb = {
    writeUnits: each(({ usage }) => usage.dynamodb.writeUnits),
    readUnits: each(({ usage }) => usage.dynamodb.readUnits),
  };
  const sqs = { requests: each(({ usage }) => usage.sqs.requests), emptyReceives: 0 };
  const messages = each(({ usage }) => usage.apiGateway.messages);
  const bytesOut = each(({ usage }) => usage.apiGateway.bytesOut);
  const logBytes = each(({ usage }) => usage.logs.bytes);
  const invocations = each(({ usage }) => usage.lambda.requests);
  const publisherMs = path === "inline" ? Math.max(0, publishMs(topic) - publishMs(throughQueue)) : 0;
  const workerGbSeconds = each(({ usage }) => usage.lambda.gbSeconds);
  const cost = costOf({
    apiGateway: { messages, connectionMinutes: 0, bytesOut },
    sqs,
    dynamodb,
    lambda: { requests: invocations, gbSeconds: workerGbSeconds + (publisherMs / 1_000) * PUBLISHER_GB },
    logs: { bytes: logBytes },
  });
  return {
    subscribers,
    publicationId,
    path,
    writeUnits: rounded(dynamodb.writeUnits, 2),
    readUnits: rounded(dynamodb.readUnits, 2),
    sqsRequests: rounded(sqs.requests, 2),
    invocations: rounded(invocations, 2),
    lambdaMs: rounded(publisherMs + (1_000 * workerGbSeconds) / FANOUT_GB, 1),
    logBytes: rounded(logBytes),
    bytesPerDelivery: rounded(bytesOut / subscribers),
    dollarsPerMillionBeyondPosts: rounded(MILLION * (cost.total - cost.apiGateway), 2),
    appSyncDollarsPerMillion: rounded(priceOf("appSyncOperation", MILLION * (1 + subscribers)), 2),
    totalDollarsPerMillion: rounded(MILLION * cost.total, 2),
    dataTransferDollarsPerMillion: rounded(MILLION * cost.dataTransfer, 2),
  };
}

const publishMs = (topic: MeasuredTopic | undefined): number =>
  topic ? median(topic.rounds.map((round) => round.publishMs)) : 0;
