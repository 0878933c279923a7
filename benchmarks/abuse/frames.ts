/** The messages that a client can send to cost as much as it can. */
import { randomBytes, randomUUID } from "node:crypto";
import type { Position, PreparedTopics } from "./topics.ts";

/** The token with which this benchmark's function lets a client subscribe. */
export const MEMBER = "member";

export type Who = "stranger" | "subscriber";

export interface AbusiveFrame {
  who: Who;
  name: string;
  /** The topics to which the sender is subscribed before it sends. */
  subscribedTo: readonly string[];
  /** Returns the text of the nth message. */
  text(n: number): string;
  /** Whether the brake has to permit it. */
  isLarge?: boolean;
  /** How many WebSocket frames carry it. API Gateway accepts 32 KB in one, and meters each 32 KB. */
  pieces?: number;
}

const FRAME_BYTES_MAX = 32_768;
/** The WebSocket message that API Gateway accepts at most. */
const MESSAGE_BYTES_MAX = 131_072;
/** The longest topic ids of which 100 fit into one PING. */
const LONG_ID_BYTES = 260;

const json = (frame: object): string => JSON.stringify({ requestId: "r", ...frame });

const subscribeSince = (topicId: string, since: Position): string =>
  json({ action: "SUBSCRIBE", topicId, format: "event", since, token: MEMBER });

const ping = (positions: Readonly<Record<string, Position>>): string => json({ action: "PING", positions });

const padded = (frame: object, bytes: number): string => {
  const text = json(frame);
  return text + " ".repeat(Math.max(0, bytes - text.length));
};

/** It cannot be compressed in the row. */
const noise = (bytes: number): string =>
  randomBytes(Math.ceil((bytes * 3) / 4))
    .toString("base64")
    .slice(0, bytes);

const largestPublish = (): string => {
  const frame = { action: "PUBLISH", topicId: "published", publicationId: randomUUID(), token: MEMBER };
  return json({ ...frame, data: noise(FRAME_BYTES_MAX - json({ ...frame, data: "" }).length) });
};

const start = ({ epoch }: Position): Position => ({ epoch, offset: 0 });

export function strangersFrames(): AbusiveFrame[] {
  const stranger = (name: string, text: (n: number) => string, pieces = 1): AbusiveFrame => {
    return { who: "stranger", name, subscribedTo: [], text, pieces };
  };
  const somewhere = { epoch: "0m1c2d3e4", offset: 1 };
  const names = Array.from({ length: 100 }, (_, n) => `${n}-`.padEnd(LONG_ID_BYTES, "x"));
  const hundred = Object.fromEntries(names.map((name) => [name, somewhere]));
  return [
    stranger("PING", () => json({ action: "PING" })),
    stranger("PING naming 100 topics of others", () => ping(hundred)),
    stranger("SUBSCRIBE that is denied", (n) => json({ action: "SUBSCRIBE", topicId: `private-${n}` })),
    stranger("UNSUBSCRIBE", (n) => json({ action: "UNSUBSCRIBE", topicId: `${n}`.padEnd(512, "x") })),
    stranger("32 KB that are no message", () => "x".repeat(FRAME_BYTES_MAX)),
    stranger("128 KB in four WebSocket frames", () => "x".repeat(MESSAGE_BYTES_MAX), 4),
  ];
}

export function subscribersFrames(topics: PreparedTopics): AbusiveFrame[] {
  const { large, poor, many, tails, behind } = topics;
  const subscriber = (
    name: string,
    text: (n: number) => string,
    subscribedTo: readonly string[] = [],
  ): AbusiveFrame => ({ who: "subscriber", name, subscribedTo, text, isLarge: true });
  const idsOf = (some: Readonly<Record<string, Position>>): string[] => Object.keys(some);
  const fromStart = (some: Readonly<Record<string, Position>>): string =>
    ping(Object.fromEntries(Object.entries(some).map(([topicId, position]) => [topicId, start(position)])));
  const longId = (n: number): string => `${n}-`.padEnd(512, "x");
  return [
    subscriber("PING of 100 quiet topics", () => ping(behind), idsOf(behind)),
    subscriber("PING of 100 topics whose last event has 128 KB", () => ping(tails), idsOf(tails)),
    subscriber("PING of 100 topics that miss one event each", () => fromStart(behind), idsOf(behind)),
    subscriber("PING of 100 topics that miss 650 KB each", () => fromStart(tails), idsOf(tails)),
    subscriber(
      "SUBSCRIBE, of 100 topics with long ids",
      (n) => padded({ action: "SUBSCRIBE", topicId: longId(n % 100), token: MEMBER }, FRAME_BYTES_MAX),
      Array.from({ length: 100 }, (_, n) => longId(n)),
    ),
    subscriber("SUBSCRIBE that misses 4 events of 128 KB", () => subscribeSince(large.topicId, start(large))),
    subscriber("SUBSCRIBE that misses 24 events of 21 KB", () => subscribeSince(poor.topicId, start(poor))),
    subscriber("SUBSCRIBE that misses 1,000 events of 420 bytes", () =>
      subscribeSince(many.topicId, start(many)),
    ),
    subscriber("PUBLISH of 32 KB with an id, to nobody", largestPublish),
  ];
}
