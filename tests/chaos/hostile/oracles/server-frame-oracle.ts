/** Checks the parts of docs/protocol.md's server messages that a client needs. It shares no code with the client. */
import { isOffset } from "./frame-oracle.ts";

type Fields = Record<string, unknown>;

export function isServerFrame(text: string, expectedNonce: string): boolean {
  let frame: unknown;
  try {
    frame = JSON.parse(text);
  } catch {
    return false;
  }
  if (!isFields(frame)) return false;
  const { type, topicId, epoch, events, positions, code, message, publicationId, nonce } = frame;
  if (nonce !== expectedNonce) return false;
  if (type === "UNSUBSCRIBED") return true;
  if (type === "ERROR") return areTexts(code, message);
  if (type === "SUBSCRIBED") return areTexts(topicId) && isPosition(frame);
  if (type === "PUBLISHED") {
    const { offset, duplicate } = frame;
    return areTexts(topicId, publicationId, epoch) && isOffset(offset) && typeof duplicate === "boolean";
  }
  if (type === "EVENTS") return areTexts(topicId, epoch) && Array.isArray(events) && events.every(isEvent);
  return (
    type === "PONG" &&
    (positions === undefined || (isFields(positions) && Object.values(positions).every(isPingPosition)))
  );
}

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const areTexts = (...values: unknown[]): boolean => values.every((value) => typeof value === "string");

const isPosition = ({ epoch, offset, recovered }: Fields): boolean =>
  areTexts(epoch) && isOffset(offset) && typeof recovered === "boolean";

const isPingPosition = (value: unknown): boolean =>
  isFields(value) && (isPosition(value) || value.subscribed === false);

const isEvent = (value: unknown): boolean =>
  isFields(value) &&
  areTexts(value.publicationId) &&
  isOffset(value.offset) &&
  typeof value.publishedAt === "number";
