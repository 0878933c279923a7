/** Encodes publications as frames. A frame is encoded once and posted to any number of connections. */
import { FRAME_BYTES_METERED } from "./limits.ts";
import { NONCE_BYTES_MAX, nonceTail } from "./nonce.ts";
import type { Frame } from "./ports.ts";
import type { Format, StoredEvent } from "./types.ts";
import { encodeUtf8 } from "./utf8.ts";

/** A frame and the number of events that it contains. */
export interface EventsFrame extends Frame {
  readonly events: number;
}

/** Returns the frames that carry these events, in order, to a subscriber with the given format. */
export function framesOf(
  format: Format,
  topicId: string,
  epoch: string,
  events: readonly StoredEvent[],
): EventsFrame[] {
  return format === "data" ? events.map(dataFrame) : eventFrames(topicId, epoch, events);
}

/** Contains only the data: a string verbatim, any other value as JSON. */
function dataFrame(event: StoredEvent): EventsFrame {
  const text = event.verbatim ? (JSON.parse(event.json) as string) : event.json;
  return { body: encodeUtf8(text), events: 1 };
}

/**
 * Returns the frame without its closing brace. It is encoded once as well: each connection gets its own `nonceTail` after
 * it.
 */
export const withoutEnd = ({ body, events }: EventsFrame): EventsFrame => ({
  body: body.subarray(0, -1),
  events,
});

/** Returns an EVENTS frame for the connection with this nonce alone. */
export function withNonce<Given extends EventsFrame>(
  { body, ...frame }: Given,
  nonce: string,
): EventsFrame & Omit<Given, "body"> {
  const tail = encodeUtf8(nonceTail(nonce));
  const whole = new Uint8Array(body.byteLength - 1 + tail.byteLength);
  whole.set(body.subarray(0, -1));
  whole.set(tail, body.byteLength - 1);
  return { ...frame, body: whole };
}

/** An EVENTS frame with the longest nonce, and the end that it has without one. */
const EVENTS_BYTES_MAX = FRAME_BYTES_METERED - NONCE_BYTES_MAX;

/** Fills each EVENTS frame up to the size that API Gateway meters as one message. A larger event has its own frame. */
function eventFrames(topicId: string, epoch: string, events: readonly StoredEvent[]): EventsFrame[] {
  const head = encodeUtf8(eventsFrameHead(topicId, epoch));
  const frames: EventsFrame[] = [];
  let parts: Uint8Array[] = [];
  let bytes = head.byteLength + TAIL.byteLength;
  const flush = (): void => {
    if (parts.length > 0) frames.push({ body: joined(head, parts), events: parts.length });
    parts = [];
    bytes = head.byteLength + TAIL.byteLength;
  };
  for (const event of events) {
    const part = encodeUtf8(eventText(event));
    if (bytes + part.byteLength + 1 > EVENTS_BYTES_MAX) flush();
    parts.push(part);
    bytes += part.byteLength + 1;
  }
  flush();
  return frames;
}

const TAIL = encodeUtf8("]}");
const COMMA = 0x2c;

const eventsFrameHead = (topicId: string, epoch: string): string =>
  `{"type":"EVENTS","topicId":${JSON.stringify(topicId)},"epoch":${JSON.stringify(epoch)},"events":[`;

/** The data is already JSON text, so it is inserted without being parsed. */
const eventText = (event: StoredEvent): string =>
  `{"offset":${event.offset},"publicationId":${JSON.stringify(event.publicationId)},"publishedAt":${event.publishedAt},"data":${event.json}}`;

function joined(head: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce(
    (sum, part) => sum + part.byteLength + 1,
    head.byteLength + TAIL.byteLength - 1,
  );
  const body = new Uint8Array(length);
  body.set(head);
  let at = head.byteLength;
  parts.forEach((part, index) => {
    if (index > 0) body[at++] = COMMA;
    body.set(part, at);
    at += part.byteLength;
  });
  body.set(TAIL, at);
  return body;
}
