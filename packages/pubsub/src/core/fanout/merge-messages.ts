import { consumerId } from "../consumer.ts";
import { EVENTS_PER_RUN_MAX } from "../limits.ts";
import { echoesField, mergeEchoes } from "./echoes.ts";
import type { FanoutMessage, PartMessage } from "./message.ts";

/** Work of one batch: a message, and the ids of the received messages that were merged into it. */
export interface Job {
  message: FanoutMessage;
  ids: string[];
  /** Whether one of the messages was received before. */
  receivedAgain?: true;
  /** When the consumers of the part were read, the earliest time of all its messages. Undefined if it is unknown for one. */
  readAtMs?: number | undefined;
}

/**
 * Merges messages that ask for the same work for different events of a topic: the same step of the dispatch, or the
 * same part. The index is then read once for all of them, and a subscriber gets their events in one frame.
 */
export function mergeMessages(jobs: readonly Job[]): Job[] {
  const merged: Job[] = [];
  const open = new Map<string, Job>();
  for (const { message, ids, receivedAgain, readAtMs } of jobs) {
    const key = workOf(message);
    const into = key === undefined ? undefined : open.get(key);
    const both = into && mergeTwo(into.message, message);
    if (into && both) {
      into.message = both;
      into.ids.push(...ids);
      if (receivedAgain) into.receivedAgain = receivedAgain;
      into.readAtMs = earliest(into.readAtMs, readAtMs);
      continue;
    }
    const begun: Job = { message, ids: [...ids], readAtMs, ...(receivedAgain && { receivedAgain }) };
    merged.push(begun);
    if (key !== undefined) open.set(key, begun);
  }
  return merged;
}

const earliest = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? undefined : Math.min(one, other);

/** Names what the message asks for, without the events. Returns undefined if it can't be merged with another one. */
function workOf(message: FanoutMessage): string | undefined {
  const { topicId, epoch, offsets } = message;
  if (message.kind === "topic") return JSON.stringify([topicId, epoch, message.step, message.cursor]);
  const { unit, attempt, consumers } = message;
  const needAll = consumers.every(({ from }) => from === offsets[0]);
  return needAll ? JSON.stringify([topicId, epoch, unit, attempt]) : undefined;
}

function mergeTwo(one: FanoutMessage, other: FanoutMessage): FanoutMessage | undefined {
  const offsets = [...new Set([...one.offsets, ...other.offsets])].sort((a, b) => a - b);
  if (offsets.length > EVENTS_PER_RUN_MAX) return undefined;
  const known = new Map(
    [...(one.events ?? []), ...(other.events ?? [])].map((event) => [event.offset, event]),
  );
  const events = offsets.flatMap((offset) => known.get(offset) ?? []);
  const hops = Math.max(one.hops ?? 0, other.hops ?? 0);
  const { events: _, echoes: __, ...rest } = one;
  const echoes = echoesField(mergeEchoes(one, other));
  const merged = { ...rest, offsets, hops, ...(events.length > 0 && { events }), ...echoes };
  if (merged.kind === "topic") {
    const again = other.kind === "topic" && other.again;
    return { ...merged, ...(again && { again }) };
  }
  if (other.kind !== "part" || !haveSameConsumers(merged, other)) return undefined;
  const from = offsets[0] ?? 0;
  return { ...merged, consumers: merged.consumers.map((pending) => ({ ...pending, from })) };
}

/** The name of a part is a digest of its consumers. A collision must not lose any. */
function haveSameConsumers(one: PartMessage, other: PartMessage): boolean {
  const names = ({ consumers }: PartMessage): string[] =>
    consumers.map(
      ({ consumer, format, latest, nonce }) => `${consumerId(consumer)} ${format} ${latest} ${nonce}`,
    );
  const others = names(other);
  return one.consumers.length === others.length && names(one).every((name, index) => name === others[index]);
}
