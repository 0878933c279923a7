import { isClientFrame, isId } from "./frame-oracle.ts";

export type EventKind = "no-event" | "lifecycle" | "frame" | "publish" | "no-frame";

/** Classifies the payload of an invocation of the websocket handler. */
export function kindOfEvent(event: unknown): EventKind {
  const context = toFields(toFields(event).requestContext);
  const { domainName, stage, connectionId, eventType } = context;
  if (!isPart(domainName) || !isPart(stage) || !isId(connectionId)) return "no-event";
  if (eventType === "CONNECT" || eventType === "DISCONNECT") return "lifecycle";
  const { body, isBase64Encoded } = toFields(event);
  if (typeof body !== "string") return "no-frame";
  const text = isBase64Encoded === true ? Buffer.from(body, "base64").toString() : body;
  if (!isClientFrame(text)) return "no-frame";
  return toFields(JSON.parse(text)).action === "PUBLISH" ? "publish" : "frame";
}

const isPart = (value: unknown): boolean => isId(value) && !value.includes("/");

const toFields = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
