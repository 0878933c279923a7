import type { Gap, TopicEvent } from "lambda-websocket-pubsub-client";
import type { Coming } from "./comings.ts";
import { readMessage } from "./message.ts";
import type { OutboxSnapshot, Outgoing } from "./outbox.ts";

/** A message as the page shows it, whether the room has it already or not. */
export interface ShownMessage {
  kind: "message";
  publicationId: string;
  name: string;
  text: string;
  at: number;
  isMine: boolean;
  state: "sent" | Outgoing["state"];
  reason: string | undefined;
  /** Whether the message before it is of the same author, a short time earlier. */
  follows: boolean;
}

export type TimelineItem =
  | ShownMessage
  | { kind: "day"; key: string; at: number }
  | { kind: "notice"; key: string; text: string }
  | { kind: "coming"; key: string; text: string };

const GROUP_MS = 300_000;

/**
 * Puts events, the gap, who came and went, and what is being sent into the order in which the page shows them, with a line
 * for each day.
 */
export function timelineOf(
  events: readonly TopicEvent[],
  gap: Gap | undefined,
  { outgoing, ownIds }: OutboxSnapshot,
  comings: readonly Coming[] = [],
): TimelineItem[] {
  const [first] = events;
  const earlier = first ? first.offset - 1 : 0;
  const items: TimelineItem[] =
    earlier > 0 ? [{ kind: "notice", key: "earlier", text: countEarlier(earlier) }] : [];
  let notice = gap && { kind: "notice" as const, key: "gap", text: describeGap(gap) };
  const coming = [...comings];
  const addComingsBefore = (event?: TopicEvent): void => {
    for (
      let next = coming[0];
      next && (!event || !next.after || isAfter(event, next.after));
      next = coming[0]
    ) {
      items.push({ kind: "coming", key: next.key, text: next.text });
      coming.shift();
    }
  };
  for (const event of events) {
    addComingsBefore(event);
    if (notice && gap && isAfter(event, gap.to)) {
      items.push(notice);
      notice = undefined;
    }
    add(items, sent(event, ownIds.has(event.publicationId)));
  }
  if (notice) items.push(notice);
  addComingsBefore();
  for (const each of outgoing) if (!isShown(each, events)) add(items, unsent(each));
  return items;
}

function add(items: TimelineItem[], message: Omit<ShownMessage, "follows">): void {
  const before = items.at(-1);
  const previous = before?.kind === "message" ? before : undefined;
  const lastAt = items.findLast((item) => item.kind === "message")?.at;
  if (lastAt === undefined || dayOf(lastAt) !== dayOf(message.at)) {
    items.push({ kind: "day", key: `day-${message.publicationId}`, at: message.at });
    items.push({ ...message, follows: false });
    return;
  }
  const isSameAuthor = previous?.name === message.name && previous.isMine === message.isMine;
  items.push({ ...message, follows: isSameAuthor && message.at - lastAt < GROUP_MS });
}

const sent = (
  { publicationId, publishedAt, data }: TopicEvent,
  isMine: boolean,
): Omit<ShownMessage, "follows"> => ({
  kind: "message",
  publicationId,
  ...readMessage(data),
  at: publishedAt,
  isMine,
  state: "sent",
  reason: undefined,
});

const unsent = ({
  publicationId,
  name,
  text,
  writtenAt,
  state,
  reason,
}: Outgoing): Omit<ShownMessage, "follows"> => ({
  kind: "message",
  publicationId,
  name,
  text,
  at: writtenAt,
  isMine: true,
  state,
  reason,
});

/** Whether the room's own copy is on the page, or would be if the page kept all events. */
function isShown({ publicationId, published }: Outgoing, events: readonly TopicEvent[]): boolean {
  const last = events.at(-1);
  if (published && last && !isAfter(published, last)) return true;
  return events.some((event) => event.publicationId === publicationId);
}

type Place = Pick<TopicEvent, "epoch" | "offset">;
const isAfter = (a: Place, b: Place): boolean =>
  a.epoch > b.epoch || (a.epoch === b.epoch && a.offset > b.offset);

const dayOf = (at: number): string => new Date(at).toDateString();

const countEarlier = (count: number): string =>
  count === 1 ? "1 earlier message is not shown" : `${count} earlier messages are not shown`;

function describeGap({ from, to, reason }: Gap): string {
  if (reason !== "history-unavailable") return "The room’s log started again. Earlier messages are gone.";
  const count = to.offset - from.offset + 1;
  return `${count === 1 ? "1 message is" : `${count} messages are`} gone: you were away for too long.`;
}
