import { parseEventKey, parseTopicKey } from "lambda-websocket-pubsub/schema";
import type { ForwardHooks } from "../dynamodb/proxy/forwarding-proxy.ts";
import { jsonObject } from "../dynamodb/proxy/json-object.ts";
import { isRecord } from "../options/option-rules.ts";
import type { EventHead } from "./wire.ts";

/** Receives the events that a call has written to the table. */
export type OnEvents = (events: EventHead[]) => void;

const WRITES = new Set(["PutItem", "BatchWriteItem", "TransactWriteItems"]);

/**
 * Watches the calls for events that are appended to topic logs. The page gets every event by it, of any publisher,
 * and the table needs no stream and gets no reads.
 */
export function tapEvents(hooks: ForwardHooks, onEvents: OnEvents): ForwardHooks {
  return {
    async begin(target, body, ask) {
      const call = await hooks.begin(target, body, ask);
      const events = eventsIn(target, body);
      if (events.length === 0) return call;
      return {
        ...call,
        async end(answer) {
          await call.end?.(answer);
          if (answer.status === 200) onEvents(events);
        },
      };
    },
  };
}

function eventsIn(target: string, body: Buffer): EventHead[] {
  if (!WRITES.has(target) || !body.includes('"event#')) return [];
  return itemsOf(jsonObject(body.toString())).flatMap(toHead);
}

/** A call of each kind has its items at another place. */
function itemsOf({ Item, RequestItems, TransactItems }: Record<string, unknown>): unknown[] {
  const batches = isRecord(RequestItems) ? Object.values(RequestItems).flat() : [];
  const transacted = Array.isArray(TransactItems) ? TransactItems : [];
  return [
    Item,
    ...batches.map((entry) => member(member(entry, "PutRequest"), "Item")),
    ...transacted.map((entry) => member(member(entry, "Put"), "Item")),
  ];
}

function toHead(item: unknown): EventHead[] {
  const topicId = parseTopicKey(textOf(item, "p", "S"));
  const key = parseEventKey(textOf(item, "u", "S"));
  const publicationId = textOf(item, "publicationId", "S");
  // A fence keeps a place empty, and has none
  if (topicId === undefined || !key || publicationId === "") return [];
  const bytes =
    Buffer.byteLength(textOf(item, "json", "S")) ||
    Buffer.from(textOf(item, "deflated", "B"), "base64").length;
  return [{ topicId, ...key, publicationId, publishedAt: Number(textOf(item, "publishedAt", "N")), bytes }];
}

const member = (value: unknown, name: string): unknown => (isRecord(value) ? value[name] : undefined);

const textOf = (item: unknown, name: string, type: "S" | "N" | "B"): string =>
  String(member(member(item, name), type) ?? "");
