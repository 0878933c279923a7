import {
  type DeadDelivery,
  type DeadLetter,
  listDeadLetters,
  type PubsubConfig,
  readTopicEvents,
  type TopicEvent,
} from "lambda-websocket-pubsub";
import { printableJson } from "../printable.ts";
import { factLine, letterLines, toPublicationIds, withoutPayload } from "./letter-text.ts";

/** Prints all about one letter, and the data of its events only with `payload`. Returns whether the letter was found. */
export async function show(
  config: PubsubConfig,
  { id, payload }: { id: string; payload: boolean },
  json: boolean,
): Promise<boolean> {
  const letter = await find(config, id);
  if (!letter) return false;
  const events = await readEvents(config, letter);
  if (json) console.log(printableJson(described(letter, events, payload)));
  else {
    const contents = payload ? contentLines(letter, events) : [];
    console.log([...letterLines(letter, events), ...contents].join("\n"));
  }
  return true;
}

async function find(config: PubsubConfig, id: string): Promise<DeadLetter | undefined> {
  for await (const letter of listDeadLetters({ config })) {
    if (letter.id === id) return letter;
  }
  return undefined;
}

/** Returns the events that the letter contains, or those that the log still has. */
async function readEvents(config: PubsubConfig, letter: DeadLetter): Promise<readonly TopicEvent[]> {
  if (letter.malformed) return [];
  return letter.events ?? readEventsFromLog(config, letter);
}

async function readEventsFromLog(
  config: PubsubConfig,
  { topicId, epoch, offsets }: DeadDelivery,
): Promise<TopicEvent[]> {
  const [first = 1] = offsets;
  const last = offsets.at(-1) ?? first;
  const events: TopicEvent[] = [];
  const range = { topicId, epoch, after: first - 1, limit: last - first + 1 };
  for await (const event of readTopicEvents({ ...range, config })) {
    if (offsets.includes(event.offset)) events.push(event);
  }
  return events;
}

function described(
  letter: DeadLetter,
  events: readonly TopicEvent[],
  payload: boolean,
): Record<string, unknown> {
  const rest = withoutPayload(letter);
  if (letter.malformed) return payload ? { ...rest, body: letter.body } : rest;
  return { ...rest, publicationIds: toPublicationIds(events), ...(payload && { events }) };
}

function contentLines(letter: DeadLetter, events: readonly TopicEvent[]): string[] {
  if (letter.malformed) return [factLine("body", letter.body)];
  if (events.length === 0) return [factLine("data", "none: the log does not have it any more")];
  return events.map(({ offset, data }) => factLine(`data of ${offset}`, JSON.stringify(data)));
}
