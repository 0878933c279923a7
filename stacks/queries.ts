import type { PipelineEvent } from "../packages/pubsub/src/core/pipeline-events.ts";
import type { Realtime } from "./realtime.ts";

type Name = PipelineEvent["event"];
type Field<Event extends Name> = Exclude<keyof Extract<PipelineEvent, { event: Event }>, "event">;
type AnyField = { [Event in Name]: Field<Event> }[Name];

/**
 * Selects the lines of one event by their `message`. Names and fields have the library's types, so that they stay
 * correct.
 */
const selectEvent = <Event extends Name>(event: Event, ...fields: Field<Event>[]): string[] => [
  `fields @timestamp, ${fields.join(", ")}`,
  `filter message = "${event}"`,
];

const selectFields = (...fields: AnyField[]): string => `fields @timestamp, message, ${fields.join(", ")}`;

const QUERIES = {
  OnePublicationsLife: {
    name: "one publication's life",
    query: [
      selectFields("unit", "attempt", "consumers", "delivered", "gone", "retried", "reason", "durationMs"),
      'filter publicationId = "PUBLICATION-ID"',
      "sort @timestamp asc",
      "limit 1000",
    ],
  },
  SlowestPages: {
    name: "slowest pages",
    query: [
      ...selectEvent(
        "unit-completed",
        "durationMs",
        "topicId",
        "publicationId",
        "unit",
        "attempt",
        "consumers",
        "retried",
      ),
      "sort durationMs desc",
      "limit 50",
    ],
  },
  WhoIsGone: {
    name: "who is gone",
    query: [
      ...selectEvent("subscription-removed", "topicId", "publicationId"),
      "display @timestamp, topicId, consumer.connectionId, publicationId",
      "sort @timestamp desc",
      "limit 1000",
    ],
  },
  AbandonedDeliveries: {
    name: "abandoned deliveries",
    query: [
      ...selectEvent(
        "delivery-abandoned",
        "topicId",
        "publicationId",
        "offset",
        "unit",
        "attempt",
        "consumers",
        "reason",
      ),
      "sort @timestamp desc",
      "limit 200",
    ],
  },
};

/** Creates the saved Logs Insights queries, over the logs of all functions. */
export function Queries({ websocket, fanout, publishers }: Omit<Realtime, "api">): void {
  const logGroupNames = [websocket, fanout, ...Object.values(publishers)].map(({ logs }) => logs.name);
  for (const [id, { name, query }] of Object.entries(QUERIES)) {
    new aws.cloudwatch.QueryDefinition(id, {
      name: `${$app.name}/${$app.stage}/${name}`,
      logGroupNames,
      queryString: query.join("\n| "),
    });
  }
}
