import { priceOf } from "../../packages/local/src/cost/index.ts";
import type { IdleRow } from "../idle/rows.ts";
import { type ClientDay, simulateClient } from "../idle/simulate-client.ts";
import type { SmallTopicRow } from "../small-topic/rows.ts";
import { MONTH_DAYS } from "../support/month.ts";

/** An application of the commonest kind: many small topics, and pages that are open all day. */
export const EXAMPLE = {
  users: 500,
  hoursADay: 8,
  topicsEach: 10,
  publications: 2_000_000,
  subscribers: 5,
} as const;

/** What a month of the example costs, in dollars. */
export interface ExampleLine {
  what: string;
  queue: number;
  /** Undefined if the inline path was not measured. */
  inline: number | undefined;
  byHand: number;
  appSync: number;
}

export interface ExampleFigures {
  queue: SmallTopicRow;
  inline: SmallTopicRow | undefined;
  idle: IdleRow;
}

/** Two hours are the most that API Gateway keeps a connection open. */
const CONNECTION_HOURS_MAX = 2;
/** Shortly before API Gateway closes a connection for being idle, after ten minutes. */
const BY_HAND_KEEP_ALIVE_MINUTES = 9;

const userDays = EXAMPLE.users * MONTH_DAYS;
const minutes = userDays * EXAMPLE.hoursADay * 60;
export const DELIVERIES: number = EXAMPLE.publications * EXAMPLE.subscribers;

/** Returns what one page of the example sends in a day, while it gets its share of the deliveries. */
export const simulateDay = (): Promise<ClientDay> =>
  simulateClient({
    topics: EXAMPLE.topicsEach,
    hours: EXAMPLE.hoursADay,
    eventsPerMinute: DELIVERIES / minutes,
  });

export function exampleLines({ queue, inline, idle }: ExampleFigures, day: ClientDay): ExampleLine[] {
  const alike = (what: string, ours: number, byHand: number, appSync: number): ExampleLine => ({
    what,
    queue: ours,
    inline: inline && ours,
    byHand,
    appSync,
  });
  const apiGatewayMinutes = priceOf("connectionMinute", minutes);
  const messages = priceOf("apiGatewayMessage", DELIVERIES);
  const beyond = (row: SmallTopicRow): number =>
    (EXAMPLE.publications / 1_000_000) * row.dollarsPerMillionBeyondPosts;
  const heartbeats =
    (userDays / 1_000_000) *
    (day.pings.named * idle.dollarsPerMillionPings + day.pings.bare * idle.dollarsPerMillionBarePings);
  const reconnects = (userDays / 1_000_000) * day.connections * idle.dollarsPerMillionReconnects;
  const transfer = priceOf("transferByte", DELIVERIES * queue.bytesPerDelivery);
  return [
    alike(
      "connection minutes",
      apiGatewayMinutes,
      apiGatewayMinutes,
      priceOf("appSyncConnectionMinute", minutes),
    ),
    alike("deliveries", messages, messages, priceOf("appSyncOperation", DELIVERIES)),
    {
      what: "publications",
      queue: beyond(queue),
      inline: inline && beyond(inline),
      byHand: byHandPublications(),
      appSync: priceOf("appSyncOperation", EXAMPLE.publications),
    },
    alike("heartbeats", heartbeats, byHandKeepAlives(), 0),
    alike("connecting and subscribing", reconnects, byHandReconnects(), appSyncReconnects()),
    alike("data transfer out", transfer, transfer, transfer),
  ];
}

export const totalOf = (lines: readonly ExampleLine[]): ExampleLine => {
  const sum = (figure: (line: ExampleLine) => number): number =>
    lines.reduce((total, line) => total + figure(line), 0);
  const hasInline = lines.every(({ inline }) => inline !== undefined);
  return {
    what: "a month",
    queue: sum(({ queue }) => queue),
    inline: hasInline ? sum(({ inline = 0 }) => inline) : undefined,
    byHand: sum(({ byHand }) => byHand),
    appSync: sum(({ appSync }) => appSync),
  };
};

/** A function that queries the subscribers' connections and posts, and stores nothing. Its time is not counted. */
const byHandPublications = (): number =>
  priceOf("lambdaRequest", EXAMPLE.publications) + priceOf("dynamodbRead", 0.5 * EXAMPLE.publications);

/** A message to a route without a function and without a response. */
const byHandKeepAlives = (): number => priceOf("apiGatewayMessage", minutes / BY_HAND_KEEP_ALIVE_MINUTES);

/** Functions for both ends of a connection, and for each topic a message, a function, a row in the index, its removal. */
function byHandReconnects(): number {
  const connections = userDays * Math.ceil(EXAMPLE.hoursADay / CONNECTION_HOURS_MAX);
  const subscriptions = connections * EXAMPLE.topicsEach;
  return (
    priceOf("lambdaRequest", 2 * connections + subscriptions) +
    priceOf("apiGatewayMessage", subscriptions) +
    priceOf("dynamodbWrite", 4 * subscriptions)
  );
}

/** Connecting and subscribing are operations. One connection a day is assumed; the server's keep-alives are free. */
const appSyncReconnects = (): number => priceOf("appSyncOperation", userDays * (1 + EXAMPLE.topicsEach));
