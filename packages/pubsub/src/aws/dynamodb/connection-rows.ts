/** The two rows of a connection whose user is known: its own, and its place in the user's list. */
import type { IdentifiedConnection } from "../../core/ports.ts";
import type { Identity } from "../../core/subscriptions/identity.ts";
import type { Consumer } from "../../core/types.ts";
import { isInfoText } from "../../core/user-info.ts";
import { type Item, number, readNumber, readText, text } from "./attributes.ts";
import { CONNECTION_KEY, consumerKey, userKey } from "./schema.ts";

export const connectionKeyOf = (consumer: Consumer): Item => ({
  p: text(consumerKey(consumer)),
  u: text(CONNECTION_KEY),
});

export const listItem = ({ consumer, userId, expiresAtSeconds }: IdentifiedConnection): Item => ({
  p: text(userKey(userId)),
  u: text(consumerKey(consumer)),
  expiresAt: number(expiresAtSeconds),
});

export const connectionItem = ({ consumer, userId, expiresAtSeconds }: IdentifiedConnection): Item => ({
  ...connectionKeyOf(consumer),
  p2: text(userKey(userId)),
  userId: text(userId),
  expiresAt: number(expiresAtSeconds),
});

/** `until` is not the row's expiry: after it, the row has to say that the connection's time has passed. */
export const identityFields = ({ userId, info, untilSeconds, decidedAtMs }: Identity): Item => ({
  userId: text(userId),
  decidedAt: number(decidedAtMs),
  ...(info !== undefined && { info: text(info) }),
  ...(untilSeconds !== undefined && { until: number(untilSeconds) }),
});

/** A row of a subscription's grant has no `decidedAt`, and is no identity. A limit that can't be read has passed. */
export function readIdentity(item: Item): Identity | undefined {
  const [userId, info] = [readText(item, "userId"), readText(item, "info")];
  const decidedAtMs = readNumber(item, "decidedAt");
  if (userId === undefined || decidedAtMs === undefined) return undefined;
  return {
    userId,
    decidedAtMs,
    ...(isInfoText(info) && { info }),
    ...(item.until !== undefined && { untilSeconds: readNumber(item, "until") ?? 0 }),
  };
}
