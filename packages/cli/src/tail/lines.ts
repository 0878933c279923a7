import type { Gap, TopicEvent } from "lambda-websocket-pubsub-client";
import { printable, printableJson } from "../printable.ts";
import { cyan, dim, yellow } from "../terminal/colours.ts";

/** The event on one line. Text is printed as it is, except for what a terminal would act on. */
export function eventLine({ topicId, offset, publishedAt, data }: TopicEvent): string {
  const time = new Date(publishedAt).toISOString().slice(11, 23);
  const text = typeof data === "string" ? printable(data) : printableJson(data);
  return `${dim(time)}  ${cyan(`${printable(topicId)} #${offset}`)}  ${text}`;
}

export const eventJson = ({ topicId, epoch, offset, publicationId, publishedAt, data }: TopicEvent): string =>
  printableJson({ topicId, epoch, offset, publicationId, publishedAt, data });

/** For standard error: events that nobody can get any more are not a part of the data. */
export function gapLine({ topicId, from, to, reason }: Gap): string {
  const missing = from.epoch === to.epoch ? `#${from.offset} to #${to.offset}` : `up to #${to.offset}`;
  return yellow(`${printable(topicId)}: missing ${missing} (${reason})`, process.stderr);
}

export const gapJson = (gap: Gap): string => printableJson({ topicId: gap.topicId, gap });
