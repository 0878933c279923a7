import type { DeadLetter, TopicEvent } from "lambda-websocket-pubsub";
import { printable } from "../printable.ts";

export const LIST_HEADER: string = row({
  id: "ID",
  sent: "SENT",
  code: "CODE",
  attempts: "ATTEMPTS",
  consumers: "CONSUMERS",
  about: "TOPIC AND OFFSETS",
  reason: "REASON",
});

export function listLine(letter: DeadLetter): string {
  const { id, code, reason, attempts } = letter;
  const consumers = letter.malformed ? "-" : (stepName(letter.step) ?? String(letter.consumers.length));
  const about = letter.malformed ? "-" : `${letter.topicId} ${letter.offsets.join(",")}`;
  return row({ id, sent: sentText(letter), code, attempts: String(attempts), consumers, about, reason });
}

function row(
  cells: Record<"id" | "sent" | "code" | "attempts" | "consumers" | "about" | "reason", string>,
): string {
  const { id, sent, code, attempts, consumers, about, reason } = cells;
  const fixed = [
    id.padEnd(36),
    sent.padEnd(20),
    code.padEnd(18),
    attempts.padStart(8),
    consumers.padStart(9),
  ];
  return printable([...fixed, about.padEnd(24), reason].join("  "));
}

type Fact = [name: string, value: string];

/** Returns one line for each fact, with the full names of the consumers. `events` are those of the letter that exist. */
export function letterLines(letter: DeadLetter, events: readonly TopicEvent[]): string[] {
  const facts: Fact[] = [
    ["id", letter.id],
    ["sent", sentText(letter)],
    ["code", letter.code],
    ["attempts", String(letter.attempts)],
    ["reason", letter.reason],
  ];
  if (!letter.malformed) {
    const { topicId, epoch, offsets, step, consumers } = letter;
    facts.push(["topic", topicId], ["epoch", epoch], ["offsets", offsets.join(", ")]);
    const published = events.map(({ offset, publicationId }) => `${publicationId} (offset ${offset})`);
    const named = consumers.map(
      ({ domainName, stage, connectionId }) => `${domainName}/${stage}/${connectionId}`,
    );
    const all =
      step === undefined ? named : [`all of the topic's subscribers from step ${step} of the dispatch on`];
    facts.push(...listed("publication", published), ...listed("consumers", all));
  }
  return facts.map(([name, value]) => factLine(name, value));
}

const listed = (name: string, values: readonly string[]): Fact[] =>
  values.map((value, index) => [index === 0 ? name : "", value]);

export const factLine = (name: string, value: string): string =>
  printable(`${name.padEnd(11)}  ${value}`).trimEnd();

const stepName = (step: number | undefined): string | undefined =>
  step === undefined ? undefined : `step ${step}`;

const sentText = ({ sentAt }: DeadLetter): string =>
  sentAt === undefined ? "-" : new Date(sentAt).toISOString().replace(/\.\d+Z$/, "Z");

/** Returns the letter for JSON, without the data of its events and without the body of a malformed message. */
export function withoutPayload(letter: DeadLetter): Record<string, unknown> {
  const { events, body: _, ...rest } = { events: undefined, body: undefined, ...letter };
  return { ...rest, ...(events && { publicationIds: toPublicationIds(events) }) };
}

export const toPublicationIds = (events: readonly TopicEvent[]): string[] =>
  events.map(({ publicationId }) => publicationId);
