import { consumerId } from "../consumer.ts";
import type { StoredEvent } from "../types.ts";
import { utf8Length } from "../utf8.ts";
import type { Echo, PendingConsumer } from "./message.ts";

/**
 * SQS meters a message in steps of 64 KB. Events stay in a message of up to two steps. For 64 KB the second step costs 0.8
 * millionths of a dollar. To read the same events from the log with strong consistency costs 2, or 0.5 if they are stored
 * compressed to a quarter, and a call in addition.
 */
const MESSAGE_BYTES_MAX = 2 * 65_536;

/** The bytes of a message without its consumers and events. A topic id takes up to 512 of them. */
const ENVELOPE_BYTES = 2_048;

/** The bytes of a consumer in a message: about 45, and more for a connection id that is longer than usual. */
const CONSUMER_BYTES = 64;

/** The quotes and the comma of a nonce. */
const NONCE_BYTES = 3;

/** A `traceparent` and the field's name. */
const TRACEPARENT_BYTES = 72;

/** The offset, the brackets, the quotes and the commas of an echo. */
const ECHO_BYTES = 30;

/**
 * Returns the events as a field of a message if they fit, otherwise an empty object: the worker then reads them from
 * the log.
 */
export function inlineEvents(
  events: readonly StoredEvent[],
  consumers: readonly PendingConsumer[] = [],
  echoes: readonly Echo[] = [],
): { events?: readonly StoredEvent[] } {
  let bytes = ENVELOPE_BYTES + consumers.length * CONSUMER_BYTES;
  for (const { nonce } of consumers) if (nonce !== undefined) bytes += nonce.length + NONCE_BYTES;
  for (const { consumer } of echoes) bytes += consumerId(consumer).length + ECHO_BYTES;
  for (const { json, publicationId, traceparent } of events) {
    bytes += utf8Length(json) + publicationId.length + 100 + (traceparent ? TRACEPARENT_BYTES : 0);
    if (bytes > MESSAGE_BYTES_MAX) return {};
  }
  return { events };
}
