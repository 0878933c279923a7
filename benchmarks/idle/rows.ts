import { costOf, type Usage } from "lambda-websocket-pubsub-local";
import { priceOf } from "../../packages/local/src/cost/index.ts";
import { MONTH_DAYS } from "../support/month.ts";
import { median, rounded } from "../support/statistics.ts";
import type { MeasuredIdle } from "./measure.ts";
import type { ClientDay } from "./simulate-client.ts";

/** What a connection costs that nobody publishes to. Connection minutes are apart. */
export interface IdleRow {
  topics: number;
  /** A PING that names all topics, alone and at once after another one. */
  pingReadUnits: number;
  warmPingReadUnits: number;
  pingWriteUnits: number;
  pingMs: number;
  /** What the client sends in a month, with its default options. */
  pingsPerMonth: { named: number; bare: number };
  reconnectsPerMonth: number;
  dollarsPerMillionPings: number;
  dollarsPerMillionBarePings: number;
  dollarsPerMillionReconnects: number;
  /** The heartbeats. */
  dollarsPerConnectionMonth: number;
  /** API Gateway ends a connection after two hours, so the client moves to a new one and subscribes again. */
  reconnectDollarsPerConnectionMonth: number;
}

/** A connection that is open all month. */
export const connectionMinuteDollars = (minutes: number): { apiGateway: number; appSync: number } => ({
  apiGateway: priceOf("connectionMinute", minutes),
  appSync: priceOf("appSyncConnectionMinute", minutes),
});

/** `day` is a day of 24 hours. */
export function toIdleRow({ topics, cold, warm, bare, reconnect }: MeasuredIdle, day: ClientDay): IdleRow {
  const pings = cold.map(({ usage }) => usage);
  const named = MONTH_DAYS * day.pings.named;
  const withoutNames = MONTH_DAYS * day.pings.bare;
  const reconnects = MONTH_DAYS * day.connections;
  const readUnits = (usages: readonly Usage[]): number =>
    rounded(median(usages.map(({ dynamodb }) => dynamodb.readUnits)), 1);
  const heartbeats = named * dollarsOf(pings) + withoutNames * dollarsOf(bare);
  return {
    topics,
    pingReadUnits: readUnits(pings),
    warmPingReadUnits: readUnits(warm),
    pingWriteUnits: rounded(median(pings.map(({ dynamodb }) => dynamodb.writeUnits)), 1),
    pingMs: rounded(median(cold.map(({ ms }) => ms)), 1),
    pingsPerMonth: { named, bare: withoutNames },
    reconnectsPerMonth: reconnects,
    dollarsPerMillionPings: rounded(1_000_000 * dollarsOf(pings), 2),
    dollarsPerMillionBarePings: rounded(1_000_000 * dollarsOf(bare), 2),
    dollarsPerMillionReconnects: rounded(1_000_000 * dollarsOf(reconnect), 2),
    dollarsPerConnectionMonth: rounded(heartbeats, 4),
    reconnectDollarsPerConnectionMonth: rounded(reconnects * dollarsOf(reconnect), 4),
  };
}

/** Returns the median price of one of these, without connection minutes. */
const dollarsOf = (usages: readonly Usage[]): number =>
  median(
    usages.map(
      (usage) => costOf({ ...usage, apiGateway: { ...usage.apiGateway, connectionMinutes: 0 } }).total,
    ),
  );
