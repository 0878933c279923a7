import { isNonce } from "../../core/nonce.ts";
import type { Consumer, Subscription } from "../../core/types.ts";
import { isInfoText } from "../../core/user-info.ts";
import { ABANDONMENTS, readAbandonments } from "./abandonments.ts";
import { flag, type Item, number, readFlag, readNumber, readText, text } from "./attributes.ts";
import { consumerKey, parseConsumerKey, parseTopicKey, topicKey } from "./schema.ts";

/** The attributes of a subscription whose topic is known. The fan-out reads them for every subscriber. */
export const SUBSCRIPTION = [
  "p",
  "#format",
  "subscribedAt",
  "expiresAt",
  "latest",
  "nonce",
  "#member",
] as const;

/** Whose subscription it is. Only who lists subscribers reads it. */
export const USER = ["userId", "info", "activeAt"] as const;

/** All attributes of a subscription but its keys. */
export const ALL_ATTRIBUTES: readonly string[] = [
  ...["format", "subscribedAt", "expiresAt", "latest", "nonce", "member", ...USER],
  ...ABANDONMENTS,
];

/** The part of a query that says which attributes it returns. `format` and `member` are reserved words. */
export const select = (
  ...attributes: readonly string[]
): { ProjectionExpression: string; ExpressionAttributeNames: Record<string, string> } => ({
  ProjectionExpression: attributes.join(", "),
  ExpressionAttributeNames: { "#format": "format", "#member": "member" },
});

export const topicIdOf = (item: Item): string | undefined => parseTopicKey(readText(item, "u") ?? "");

const isLive = ({ expiresAtSeconds = Number.POSITIVE_INFINITY }: Subscription, nowMs: number): boolean =>
  expiresAtSeconds > nowMs / 1_000;

/** Returns undefined for a row that cannot be decoded. */
export function readRow(item: Item, topicId: string, nowMs: number): Subscription | "expired" | undefined {
  const row = readSubscription(item, topicId);
  return row && (isLive(row, nowMs) ? row : "expired");
}

export function readRows(
  items: readonly Item[],
  topicId: string,
  nowMs: number,
): { subscriptions: Subscription[]; malformed: number } {
  const rows = items.map((item) => readSubscription(item, topicId));
  const subscriptions = rows.filter((row) => row !== undefined);
  const live = subscriptions.filter((row) => isLive(row, nowMs));
  return { subscriptions: live, malformed: rows.length - subscriptions.length };
}

/** The keys name the consumer and the topic. Other attributes can be missing, for example in a row written by hand. */
export function readSubscription(item: Item, topicId: string): Subscription | undefined {
  const consumer = parseConsumerKey(readText(item, "p") ?? "");
  const format = item.format === undefined ? "data" : readText(item, "format");
  const subscribedAt = item.subscribedAt === undefined ? 0 : readNumber(item, "subscribedAt");
  const expiresAtSeconds = readNumber(item, "expiresAt");
  if (!consumer || subscribedAt === undefined || (format !== "data" && format !== "event")) return undefined;
  if (expiresAtSeconds === undefined && item.expiresAt !== undefined) return undefined;
  const abandonments = readAbandonments(item);
  const nonce = readText(item, "nonce");
  if (item.nonce !== undefined && !isNonce(nonce)) return undefined;
  const activeAtMs = readNumber(item, "activeAt");
  const [userId, info] = [readText(item, "userId"), readText(item, "info")];
  return {
    consumer,
    topicId,
    format,
    subscribedAt,
    ...(expiresAtSeconds !== undefined && { expiresAtSeconds }),
    ...(abandonments && { abandonments }),
    ...(readFlag(item, "latest") && { latest: true as const }),
    ...(nonce !== undefined && { nonce }),
    ...(userId !== undefined && { userId }),
    ...(isInfoText(info) && { info }),
    ...(readFlag(item, "member") && { member: true as const }),
    ...(activeAtMs !== undefined && { activeAtMs }),
  };
}

export const keyOf = (consumer: Consumer, topicId: string): Item => ({
  p: text(consumerKey(consumer)),
  u: text(topicKey(topicId)),
});

export function toItem(subscription: Subscription): Item {
  const { consumer, topicId, format, subscribedAt, expiresAtSeconds, latest, nonce } = subscription;
  const { userId, info, member } = subscription;
  return {
    ...keyOf(consumer, topicId),
    p2: text(topicKey(topicId)),
    format: text(format),
    subscribedAt: number(subscribedAt),
    ...(expiresAtSeconds !== undefined && { expiresAt: number(expiresAtSeconds) }),
    ...(latest && { latest: flag(true) }),
    ...(nonce !== undefined && { nonce: text(nonce) }),
    ...(userId !== undefined && { userId: text(userId) }),
    ...(info !== undefined && { info: text(info) }),
    ...(member && { member: flag(true) }),
  };
}
